/* POSIX TZ strings such as `EST5EDT,M3.2.0,M11.1.0`. Own parser, after POSIX
 * and RFC 9636, including the extension to -167..167 hours. */
#include <stdlib.h>
#include <string.h>

#include "tz.h"

enum { HOUR = 3600, DAY = 86400, LONGEST_NAME = 31 };

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static bool number(const char **text, int most, int *out) {
  int value = 0;
  if (!is_digit(**text)) return false;
  while (is_digit(**text)) {
    value = value * 10 + (*(*text)++ - '0');
    if (value > most) return false;
  }
  *out = value;
  return true;
}

static bool name(const char **text, const char **out) {
  const char *start = *text;
  size_t length = 0;
  if (*start == '<') {
    start++;
    while (is_letter(start[length]) || is_digit(start[length]) || start[length] == '+' || start[length] == '-')
      length++;
    if (start[length] != '>') return false;
    *text = start + length + 1;
  } else {
    while (is_letter(start[length])) length++;
    *text = start + length;
  }
  if (length < 3 || length > LONGEST_NAME) return false;
  *out = __warpgrid_tz_name(start, length);
  return true;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool clock_time(const char **text, int most_hours, int32_t *out) {
  int sign = **text == '-' ? -1 : 1;
  int hours, minutes = 0, seconds = 0;
  if (**text == '-' || **text == '+') ++*text;
  if (!number(text, most_hours, &hours)) return false;
  if (**text == ':') {
    ++*text;
    if (!number(text, 59, &minutes)) return false;
    if (**text == ':') {
      ++*text;
      if (!number(text, 59, &seconds)) return false;
    }
  }
  *out = sign * (hours * HOUR + minutes * 60 + seconds);
  return true;
}

static bool change(const char **text, struct warpgrid_tz_change *out) {
  *out = (struct warpgrid_tz_change){.time = 2 * HOUR};
  if (*(*text)++ != ',') return false;
  if (**text == 'M') {
    ++*text;
    out->form = 'M';
    if (!number(text, 12, &out->month) || out->month < 1 || *(*text)++ != '.') return false;
    if (!number(text, 5, &out->week) || out->week < 1 || *(*text)++ != '.') return false;
    if (!number(text, 6, &out->day)) return false;
  } else {
    out->form = **text == 'J' ? 'J' : 'N';
    if (out->form == 'J') ++*text;
    if (!number(text, 365, &out->day) || (out->form == 'J' && out->day < 1)) return false;
  }
  if (**text == '/') {
    ++*text;
    return clock_time(text, 167, &out->time);
  }
  return true;
}

bool __warpgrid_tz_parse_rule(const char *text, struct warpgrid_tz_rule *rule) {
  memset(rule, 0, sizeof *rule);
  int32_t west;
  if (!name(&text, &rule->name[0])) return false;
  if (!*text && (!strcmp(rule->name[0], "UTC") || !strcmp(rule->name[0], "GMT"))) {
    rule->name[1] = rule->name[0];
    return true;
  }
  if (!clock_time(&text, 24, &west)) return false;
  rule->offset[0] = -west;
  rule->offset[1] = -west;
  rule->name[1] = rule->name[0];
  if (!*text) return true;

  rule->has_dst = true;
  if (!name(&text, &rule->name[1])) return false;
  rule->offset[1] = rule->offset[0] + HOUR;
  if (*text && *text != ',') {
    if (!clock_time(&text, 24, &west)) return false;
    rule->offset[1] = -west;
  }
  /* POSIX leaves the days open when they are not given: those of the USA. */
  if (!*text) text = ",M3.2.0,M11.1.0";
  return change(&text, &rule->start) && change(&text, &rule->end) && !*text;
}

static bool is_leap(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

/* Days from 1970-01-01 to January 1st of `year`. */
static int64_t days_to(int64_t year) {
  int64_t y = year - 1, era = y >= 0 ? y / 400 : (y - 399) / 400;
  int64_t of_era = y - era * 400;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 - 719162;
}

static int64_t year_of(int64_t days) {
  int64_t year = 1970 + days / 366;
  while (days_to(year) > days) year--;
  while (days_to(year + 1) <= days) year++;
  return year;
}

/* The local second, counted from 1970, at which `change` happens in `year`. */
static int64_t moment(const struct warpgrid_tz_change *change, int64_t year) {
  static const short before_month[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
  int64_t day = days_to(year);
  bool leap = is_leap(year);
  if (change->form == 'N') {
    day += change->day;
  } else if (change->form == 'J') {
    day += change->day - 1 + (leap && change->day >= 60);
  } else {
    int month = change->month;
    int64_t first = day + before_month[month - 1] + (leap && month > 2);
    int length = before_month[month] - before_month[month - 1] + (leap && month == 2);
    int weekday = (int)(((first + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
    int of_month = (change->day - weekday + 7) % 7 + (change->week - 1) * 7;
    if (of_month >= length) of_month -= 7;
    day = first + of_month;
  }
  return day * DAY + change->time;
}

bool __warpgrid_tz_rule_is_dst(const struct warpgrid_tz_rule *rule, int64_t t, bool local) {
  if (!rule->has_dst) return false;
  int64_t on_clock = local ? t : t + rule->offset[0];
  int64_t year = year_of((on_clock >= 0 ? on_clock : on_clock - (DAY - 1)) / DAY);
  int64_t start = moment(&rule->start, year), end = moment(&rule->end, year);
  start -= rule->offset[0];
  end -= rule->offset[1];
  if (local) {
    /* As in zone.c: an hour that is left out belongs to the time before it. */
    int32_t later = rule->offset[0] > rule->offset[1] ? rule->offset[0] : rule->offset[1];
    start += later;
    end += later;
  }
  /* South of the equator the end of summer comes first in the year. */
  return start < end ? t >= start && t < end : !(t >= end && t < start);
}
