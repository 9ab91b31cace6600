/* TZif files, versions 1 to 4 (RFC 9636). Own parser. */
#include <stdlib.h>
#include <string.h>

#include "tz.h"

enum { HEADER = 44, MOST_TRANSITIONS = 65536, MOST_TYPES = 256 };

struct counts {
  size_t is_ut, is_std, leap, transition, type, character;
};

static uint32_t word(const unsigned char *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static int64_t time_at(const unsigned char *bytes, size_t width) {
  if (width == 4) return (int32_t)word(bytes);
  return (int64_t)((uint64_t)word(bytes) << 32 | word(bytes + 4));
}

static bool header(const unsigned char *bytes, size_t length, struct counts *out) {
  if (length < HEADER || memcmp(bytes, "TZif", 4) != 0) return false;
  *out = (struct counts){word(bytes + 20), word(bytes + 24), word(bytes + 28),
                         word(bytes + 32), word(bytes + 36), word(bytes + 40)};
  return out->transition <= MOST_TRANSITIONS && out->type >= 1 && out->type <= MOST_TYPES &&
         out->character >= 1 && out->character <= 65536 && out->leap <= 65536 && out->is_std <= MOST_TYPES &&
         out->is_ut <= MOST_TYPES;
}

static size_t body(const struct counts *count, size_t width) {
  return count->transition * (width + 1) + count->type * 6 + count->character + count->leap * (width + 4) +
         count->is_std + count->is_ut;
}

static bool fill(struct warpgrid_tz *zone, const unsigned char *bytes, const struct counts *count, size_t width) {
  zone->transitions = count->transition;
  zone->types = count->type;
  zone->at = malloc((count->transition + 1) * sizeof *zone->at);
  zone->type = malloc(count->transition + 1);
  zone->kinds = malloc(count->type * sizeof *zone->kinds);
  if (!zone->at || !zone->type || !zone->kinds) return false;
  for (size_t i = 0; i < count->transition; i++) {
    zone->at[i] = time_at(bytes + i * width, width);
    if (i && zone->at[i] <= zone->at[i - 1]) return false;
  }
  bytes += count->transition * width;
  for (size_t i = 0; i < count->transition; i++) {
    zone->type[i] = bytes[i];
    if (bytes[i] >= count->type) return false;
  }
  bytes += count->transition;
  const char *names = (const char *)bytes + count->type * 6;
  for (size_t i = 0; i < count->type; i++, bytes += 6) {
    size_t start = bytes[5];
    if (start >= count->character) return false;
    zone->kinds[i] = (struct warpgrid_tz_type){
        .offset = (int32_t)word(bytes),
        .is_dst = bytes[4] != 0,
        .name = __warpgrid_tz_name(names + start, strnlen(names + start, count->character - start)),
    };
    if (zone->kinds[i].offset < -90000 || zone->kinds[i].offset > 93600) return false;
  }
  return true;
}

bool __warpgrid_tz_parse_file(const unsigned char *bytes, size_t length, struct warpgrid_tz *zone) {
  struct counts count;
  memset(zone, 0, sizeof *zone);
  if (!header(bytes, length, &count)) return false;
  size_t width = 4;
  if (bytes[4] >= '2') {
    size_t skip = HEADER + body(&count, 4);
    if (length < skip) return false;
    bytes += skip;
    length -= skip;
    width = 8;
    if (!header(bytes, length, &count)) return false;
  }
  size_t size = HEADER + body(&count, width);
  if (length < size || !fill(zone, bytes + HEADER, &count, width)) {
    __warpgrid_tz_free(zone);
    return false;
  }
  bytes += size;
  length -= size;
  char footer[128];
  const unsigned char *end = length > 1 && bytes[0] == '\n' ? memchr(bytes + 1, '\n', length - 1) : NULL;
  if (width == 8 && end && (size_t)(end - bytes - 1) < sizeof footer) {
    size_t used = (size_t)(end - bytes - 1);
    memcpy(footer, bytes + 1, used);
    footer[used] = 0;
    zone->has_rule = __warpgrid_tz_parse_rule(footer, &zone->rule);
  }
  return true;
}

void __warpgrid_tz_free(struct warpgrid_tz *zone) {
  free(zone->at);
  free(zone->type);
  free(zone->kinds);
  memset(zone, 0, sizeof *zone);
}
