#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
exec node /var/task/node_modules/aws-lambda-ric/bin/index.mjs "$_HANDLER"
