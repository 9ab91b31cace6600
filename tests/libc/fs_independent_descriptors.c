//! Two descriptors of one virtual file have positions of their own.
//! config: files.toml
//! stock: skip
//! run: warp
//! stdout: different descriptors: yes
//! stdout: first line / first
//! stdout: after closing one: second
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
  int one = open("/etc/warpgrid/three.txt", O_RDONLY), other = open("/etc/warpgrid/three.txt", O_RDONLY);
  char first[32], second[32];
  printf("different descriptors: %s\n", one >= 0 && other >= 0 && one != other ? "yes" : "no");
  read(one, first, 10);
  read(other, second, 5);
  printf("%.10s / %.5s\n", first, second);
  close(other);
  read(one, first, 1);
  read(one, first, 6);
  printf("after closing one: %.6s\n", first);
  close(one);
}
