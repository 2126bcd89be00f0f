/* SPDX-License-Identifier: Apache-2.0
 *
 * Random bytes from the kernel (getrandom), buffered per thread so that a UUID costs no system call.
 */
#ifndef GLEANER_OS_RANDOM_H
#define GLEANER_OS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void random_bytes(void *out, size_t n);
uint32_t random_below(uint32_t bound); /* unbiased; bound > 0 */
void random_uuid(char out[37]);        /* version 4, canonical, NUL-terminated */

#endif
