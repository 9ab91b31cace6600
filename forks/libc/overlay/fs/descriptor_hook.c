/* Defines the pointer that the descriptor calls test. Nothing else: the member
 * is linked into every program that reads or writes. */
#include "descriptor.h"

const struct warpgrid_descriptor_calls *__warpgrid_descriptors;
