/* SPDX-License-Identifier: Apache-2.0
 *
 * Amazon Rekognition, as far as reading text goes: DetectText
 * (https://docs.aws.amazon.com/rekognition/latest/APIReference/API_DetectText.html).
 *
 * Settings of the host: "text-engine" (ppocr, tesseract, auto), "text-folders" (colon-separated, where models lie),
 * "text-word-limit" (a number, or "off"; 100), "text-concurrency" (requests at once, waiting ones included; 16), "text-timeout"
 * (seconds for one image; 60).
 */
#ifndef GLEANER_REKOGNITION_H
#define GLEANER_REKOGNITION_H

#include "service/service.h"

extern const struct service service_rekognition;

#endif
