#ifndef PILOTLIGHT_CLINUX_H
#define PILOTLIGHT_CLINUX_H

/// Plain functions over Linux calls that Swift's Glibc module leaves out.

/// Names the calling thread as seen in `top -H` and debuggers; at most 15 bytes count.
void pilotlight_name_thread(const char *name);

/// A non-blocking, close-on-exec eventfd, or -1 with errno.
int pilotlight_eventfd(void);

/// From now on large blocks go back to the system when they are freed, and so does the end of each heap.
void pilotlight_keep_little_memory(void);

/// Gives memory that the allocator holds and nobody uses back to the system. Takes milliseconds.
void pilotlight_trim_memory(void);

#endif
