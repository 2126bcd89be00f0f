/* SPDX-License-Identifier: Apache-2.0
 *
 * Structured lines on stderr: `ts level component message key=value …`. Only services, the command line and the
 * functions log; library folders return errors. Never pass a secret, a presigned URL or a user's text.
 * Safe from any thread; one write() a line.
 */
#ifndef GLEANER_BASE_LOG_H
#define GLEANER_BASE_LOG_H

#include "base/str.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* The one process-wide level besides the stop flag; set before threads start. */
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);

/* `component` is a folder or service name. The message is a short sentence; put variables as key=value after it. */
void log_line(enum log_level level, const char *component, const char *format, ...) __attribute__((format(printf, 3, 4)));

#define log_error(component, ...) log_line(LOG_ERROR, component, __VA_ARGS__)
#define log_warn(component, ...) log_line(LOG_WARN, component, __VA_ARGS__)
#define log_info(component, ...) log_line(LOG_INFO, component, __VA_ARGS__)
#define log_debug(component, ...) log_line(LOG_DEBUG, component, __VA_ARGS__)

#endif
