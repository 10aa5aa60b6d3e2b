#ifndef PILOTLIGHT_CLOCK_OFFSET_H
#define PILOTLIGHT_CLOCK_OFFSET_H

/* Nothing to call: the library is preloaded (LD_PRELOAD) into a process whose clock is to be wrong. See ClockOffset.c. */

#endif
