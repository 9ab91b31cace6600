//! `setjmp` and `longjmp` lead back out of deep calls, as often as wanted.
//! stock: same
//! run: warp
//! flags: -mllvm -wasm-enable-sjlj -mllvm -wasm-use-legacy-eh=false -lsetjmp
//! imports: none
//! stdout: back with 7 after 2
//! stdout: a hundred thousand jumps
#include <setjmp.h>
#include <stdio.h>
static jmp_buf place;
static void deep(int n) { if (n == 0) longjmp(place, 7); deep(n - 1); }
int main(void) {
    volatile int times = 0;
    int code = setjmp(place);
    times++;
    if (code == 0) { deep(100); puts("not reached"); }
    printf("back with %d after %d\n", code, times);
    for (int i = 0; i < 100000; i++) { if (setjmp(place) == 0) longjmp(place, 1); }
    puts("a hundred thousand jumps");
    return 0;
}
