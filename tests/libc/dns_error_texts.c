//! Every code that the look-ups return has a text of its own.
//! targets: wasm32-wasip2
//! stock: same
//! run: wasmtime
//! imports: none
//! stdout: 10 codes, 10 texts
#include <netdb.h>
#include <stdio.h>
#include <string.h>

int main(void) {
  int codes[] = {EAI_BADFLAGS, EAI_NONAME, EAI_AGAIN, EAI_FAIL, EAI_NODATA, EAI_FAMILY,
                 EAI_SOCKTYPE, EAI_SERVICE, EAI_MEMORY, EAI_OVERFLOW};
  int count = sizeof codes / sizeof *codes, known = 0;
  for (int i = 0; i < count; i++) {
    int own = strcmp(gai_strerror(codes[i]), "Unknown error") != 0;
    for (int j = 0; j < i; j++) own &= strcmp(gai_strerror(codes[i]), gai_strerror(codes[j])) != 0;
    known += own;
  }
  printf("%d codes, %d texts\n", count, known);
}
