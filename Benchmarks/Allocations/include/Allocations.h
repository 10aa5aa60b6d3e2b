#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

/// How often this process has asked for memory so far. Linking this library counts it, and costs a nanosecond each.
unsigned long allocations_so_far(void);

#endif
