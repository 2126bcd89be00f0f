/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls this project does not use, force-included everywhere: each has a sibling that knows its bounds, reports its
 * errors, or is safe with threads.
 */
#ifndef GLEANER_BASE_BANNED_H
#define GLEANER_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef __clang__ /* with it glibc makes some of these macros, which cannot be poisoned; gcc's build is enough */
#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets strtok atoi atol atoll atof
#pragma GCC poison gmtime localtime ctime asctime mktemp tmpnam popen
#endif

#endif
