#ifndef PILOTLIGHT_POWER_LOSS_H
#define PILOTLIGHT_POWER_LOSS_H

/* Nothing to call: the library is preloaded (LD_PRELOAD) into the process whose power is to fail. See PowerLoss.c. */

#endif
