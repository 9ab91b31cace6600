/* One time zone, from a TZif file (RFC 9636) or a POSIX TZ string. */
#ifndef WARPGRID_TZ_H
#define WARPGRID_TZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A day of the year and a second of that day at which a rule changes. */
struct warpgrid_tz_change {
  char form; /* 'M' month.week.day, 'J' 1..365 without leap days, 'N' 0..365 */
  int month, week, day;
  int32_t time; /* seconds after local midnight, -167 h .. 167 h */
};

/* A POSIX TZ string. */
struct warpgrid_tz_rule {
  bool has_dst;
  int32_t offset[2]; /* seconds east of UTC: standard, daylight */
  const char *name[2];
  struct warpgrid_tz_change start, end;
};

/* One kind of local time in a TZif file. */
struct warpgrid_tz_type {
  int32_t offset;
  bool is_dst;
  const char *name;
};

struct warpgrid_tz {
  size_t transitions, types;
  int64_t *at;         /* `transitions` times in UTC, rising */
  unsigned char *type; /* the type from that time on */
  struct warpgrid_tz_type *kinds;
  bool has_rule;
  struct warpgrid_tz_rule rule; /* for times after the last transition */
};

/* The names that were ever given out, for the check in __tm_to_tzname. */
struct warpgrid_tz_name {
  struct warpgrid_tz_name *next;
  char text[];
};
extern struct warpgrid_tz_name *__warpgrid_tz_names;

/* `text` as a name that lives as long as the program; "" without memory. */
const char *__warpgrid_tz_name(const char *text, size_t length);

/* Reads a POSIX TZ string; false when it is none. */
bool __warpgrid_tz_parse_rule(const char *text, struct warpgrid_tz_rule *rule);

/* Reads a TZif file; false when it is damaged. Free with __warpgrid_tz_free. */
bool __warpgrid_tz_parse_file(const unsigned char *bytes, size_t length, struct warpgrid_tz *zone);
void __warpgrid_tz_free(struct warpgrid_tz *zone);

/* Whether daylight time holds by `rule` at second `t` since 1970, counted in
 * UTC or, if `local`, on the local clock. */
bool __warpgrid_tz_rule_is_dst(const struct warpgrid_tz_rule *rule, int64_t t, bool local);

#endif
