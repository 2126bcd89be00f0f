// SPDX-License-Identifier: Apache-2.0
// A function on aws-lambda-ric that does what its event says: {"do": "…"}.
if (process.env.FAIL_INIT)
  throw new Error('no start today');

class Oops extends Error {
  name = 'Oops';
}

const does = {
  fail: () => { throw new Oops('it "went" wrong\n'); },
  sleep: () => new Promise((resolve) => { setTimeout(resolve, 30000); }),
  crash: () => process.abort(),
  large: () => 'x'.repeat(6 * 1024 * 1024 - 2),
  'too large': () => 'x'.repeat(6 * 1024 * 1024 + 200),
  size: (event) => JSON.stringify(event).length,
};

export async function handler(event, context) {
  if (does[event.do])
    return does[event.do](event);
  return { request_id: context.awsRequestId, trace: process.env._X_AMZN_TRACE_ID, arn: context.invokedFunctionArn,
    left_ms: context.getRemainingTimeInMillis(), context: context.clientContext ?? null, event };
}
