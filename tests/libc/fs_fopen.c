//! A virtual file is read through stdio: fgets, fread, feof, fseek, fclose.
//! config: files.toml
//! stock: skip
//! run: warp
//! imports: filesystem
//! stdout: first line
//! stdout: second line
//! stdout: at the end: yes
//! stdout: again: first
//! stdout: whole: 35 bytes
//! stdout: close: 0
#include <stdio.h>

int main(void) {
  FILE *file = fopen("/etc/warpgrid/three.txt", "r");
  if (!file) return perror("fopen"), 1;
  char line[64];
  for (int i = 0; i < 2 && fgets(line, sizeof line, file); i++) fputs(line, stdout);
  while (fgets(line, sizeof line, file)) {
  }
  printf("at the end: %s\n", feof(file) && !ferror(file) ? "yes" : "no");
  rewind(file);
  char word[6] = {0};
  size_t got = fread(word, 1, 5, file);
  printf("again: %.*s\n", (int)got, word);
  fseek(file, 0, SEEK_END);
  printf("whole: %ld bytes\n", ftell(file));
  printf("close: %d\n", fclose(file));
}
