// Only in builds with the thread sanitizer.
//
// Swift's Mutex takes a free lock by inlined, instrumented code, but waits for a taken one inside the standard library,
// which isn't instrumented: the sanitizer then doesn't see that the lock was taken, and reports every contended one as a
// race. This takes the library's place in the executable and waits where the sanitizer can see it. The lock's word is
// the same as the library's: 0 when free, else the owner's thread id.

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)

#include <sched.h>
#include <stdint.h>

/// `Synchronization._MutexHandle._lockSlow(_: UInt32)`, by its mangled name and Swift's calling convention.
__attribute__((swiftcall)) void pilotlight_mutex_lock_slow(
    uint32_t self, __attribute__((swift_context)) uint32_t *word)
    __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");

__attribute__((swiftcall)) void pilotlight_mutex_lock_slow(
    uint32_t self, __attribute__((swift_context)) uint32_t *word) {
    for (;;) {
        uint32_t free = 0;
        if (__atomic_compare_exchange_n(word, &free, self, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
            return;
        }
        sched_yield();
    }
}

#endif
#endif
