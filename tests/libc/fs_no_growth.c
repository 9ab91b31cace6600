//! A thousand openings of files, devices and folders leave no descriptor and no memory behind.
//! config: files.toml
//! stock: skip
//! run: warp
//! stdout: all opened
//! stdout: same descriptor, grown by 0 pages
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int cycle(void) {
  char buffer[64];
  int fd = open("/etc/warpgrid/three.txt", O_RDONLY);
  if (fd < 0 || read(fd, buffer, sizeof buffer) != 35) return -1;
  FILE *file = fopen("/etc/warpgrid/three.txt", "r");
  if (!file || !fgets(buffer, sizeof buffer, file) || fclose(file)) return -1;
  int device = open("/dev/urandom", O_RDONLY);
  if (device < 0 || read(device, buffer, 16) != 16 || close(device)) return -1;
  DIR *folder = opendir("/etc/warpgrid");
  if (!folder) return -1;
  while (readdir(folder)) {
  }
  if (closedir(folder)) return -1;
  return close(fd) ? -1 : fd;
}

int main(void) {
  int first = cycle(), last = first;
  for (int i = 0; i < 9; i++) cycle();
  size_t before = __builtin_wasm_memory_size(0);
  for (int i = 0; i < 1000 && last >= 0; i++) last = cycle();
  puts(last >= 0 ? "all opened" : "an opening failed");
  printf("%s descriptor, grown by %zu pages\n", first == last ? "same" : "another",
         __builtin_wasm_memory_size(0) - before);
}
