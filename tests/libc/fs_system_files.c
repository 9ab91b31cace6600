//! The files that programs expect of a system are there: hosts, resolv.conf, /proc/self, zones.
//! config: names.toml
//! targets: wasm32-wasip1 wasm32-wasip2
//! stock: skip
//! run: warp
//! stdout: resolv.conf: nameserver 127.0.0.1
//! stdout: hosts names the database: yes
//! stdout: process: case
//! stdout: zones: many, Europe among them
#include <dirent.h>
#include <stdio.h>
#include <string.h>

int main(void) {
  char line[256];
  FILE *file = fopen("/etc/resolv.conf", "r");
  if (!file) return perror("resolv.conf"), 1;
  while (fgets(line, sizeof line, file))
    if (!strncmp(line, "nameserver", 10)) printf("resolv.conf: %s", line);
  fclose(file);
  int named = 0;
  file = fopen("/etc/hosts", "r");
  if (!file) return perror("hosts"), 1;
  while (fgets(line, sizeof line, file)) named |= strstr(line, "10.0.0.5") && strstr(line, "db.production.warp.local");
  fclose(file);
  printf("hosts names the database: %s\n", named ? "yes" : "no");
  file = fopen("/proc/self/comm", "r");
  if (!file) return perror("comm"), 1;
  printf("process: %s", fgets(line, sizeof line, file) ? line : "?\n");
  fclose(file);
  DIR *zones = opendir("/usr/share/zoneinfo");
  if (!zones) return perror("zones"), 1;
  int count = 0, europe = 0;
  for (struct dirent *entry; (entry = readdir(zones)); count++)
    europe |= !strcmp(entry->d_name, "Europe") && entry->d_type == DT_DIR;
  closedir(zones);
  printf("zones: %s, Europe %s\n", count > 40 ? "many" : "few", europe ? "among them" : "missing");
}
