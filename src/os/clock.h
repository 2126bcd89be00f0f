/* SPDX-License-Identifier: Apache-2.0
 *
 * The one clock.
 */
#ifndef GLEANER_OS_CLOCK_H
#define GLEANER_OS_CLOCK_H

#include <stdint.h>

int64_t clock_wall_ms(void); /* since 1970 UTC */
int64_t clock_mono_ns(void); /* never goes back; only differences mean something */
int64_t clock_thread_cpu_ns(void);
int64_t clock_process_cpu_ns(void);
void clock_sleep_ms(int64_t ms);

#endif
