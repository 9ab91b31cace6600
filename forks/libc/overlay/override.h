/* How our definitions stand in the C library's archive. */
#ifndef WARPGRID_OVERRIDE_H
#define WARPGRID_OVERRIDE_H

/* On every definition that takes the place of one of upstream's, or that
 * upstream leaves out. Weak: a program that defines a function of this name for
 * itself links as it does with upstream's archive, where each of these lies in
 * a member of its own. Upstream's definition is called `__real_<name>`. */
#define WARPGRID_OVERRIDE __attribute__((__weak__))

#endif
