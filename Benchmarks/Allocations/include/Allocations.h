#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

#include <stddef.h>

/// How often this process has asked for memory so far. Linking this library counts it, and costs a nanosecond each.
unsigned long allocations_so_far(void);

/// Bytes that this process holds allocated. What it has given back is given back to the system first.
size_t allocated_bytes(void);

#endif
