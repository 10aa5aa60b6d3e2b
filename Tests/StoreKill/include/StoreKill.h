#ifndef PILOTLIGHT_STORE_KILL_H
#define PILOTLIGHT_STORE_KILL_H

/* Nothing to call: the library is preloaded (LD_PRELOAD) into a control node that is to die. See StoreKill.c. */

#endif
