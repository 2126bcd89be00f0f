// The current AWS SDK for JavaScript against the server: only endpoint, region and credentials are set.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { CloudWatchLogsClient, DescribeLogStreamsCommand, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, ListRulesCommand, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { DetectTextCommand, RekognitionClient } from '@aws-sdk/client-rekognition';
import * as s3sdk from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, GetExecutionHistoryCommand, SFNClient } from '@aws-sdk/client-sfn';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

const endpoint = process.env.AWS_ENDPOINT_URL;
const options = { endpoint, region: 'us-east-1', maxAttempts: 1 };
const s3 = new s3sdk.S3Client({ ...options, forcePathStyle: true });
const receipt = await readFile(new URL('../../../samples/receipt.png', import.meta.url));
const info = await (await fetch(`${endpoint}/_gleaner/info`)).json();
const Bucket = 'js-sdk';

test.before(async () => { await s3.send(new s3sdk.CreateBucketCommand({ Bucket })); });

test('who am I', async () => {
  const who = await new STSClient(options).send(new GetCallerIdentityCommand({}));
  assert.match(who.Arn, /:root$/);
});

test('an object with the default checksum comes back the same', async () => {
  const put = await s3.send(new s3sdk.PutObjectCommand({ Bucket, Key: 'a b/ü.bin', Body: receipt, Metadata: { owner: 'me' } }));
  assert.ok(put.ChecksumCRC32);
  const got = await s3.send(new s3sdk.GetObjectCommand({ Bucket, Key: 'a b/ü.bin', ChecksumMode: 'ENABLED' }));
  assert.deepEqual(Buffer.from(await got.Body.transformToByteArray()), receipt);
  assert.equal(got.Metadata.owner, 'me');
});

test('a stream is sent aws-chunked with a trailing checksum', async () => {
  const chunks = Array.from({ length: 40 }, (_, i) => Buffer.alloc(8192, i));
  const ContentLength = 40 * 8192;
  await s3.send(new s3sdk.PutObjectCommand({ Bucket, Key: 'stream', Body: Readable.from(chunks), ContentLength, ChecksumAlgorithm: 'CRC64NVME' }));
  const head = await s3.send(new s3sdk.HeadObjectCommand({ Bucket, Key: 'stream', ChecksumMode: 'ENABLED' }));
  assert.equal(head.ContentLength, ContentLength);
  assert.ok(head.ChecksumCRC64NVME);
});

test('a multipart upload', async () => {
  const Body = Buffer.alloc(11 * 1024 * 1024, 'gleaner');
  await new Upload({ client: s3, params: { Bucket, Key: 'large', Body }, partSize: 5 * 1024 * 1024 }).done();
  const got = await s3.send(new s3sdk.GetObjectCommand({ Bucket, Key: 'large', Range: 'bytes=5242878-5242885' }));
  assert.equal(await got.Body.transformToString(), Body.subarray(5242878, 5242886).toString());
  const missing = s3.send(new s3sdk.GetObjectCommand({ Bucket, Key: 'none' }));
  await assert.rejects(missing, (e) => e.name === 'NoSuchKey' && e.$metadata.httpStatusCode === 404);
});

test('If-None-Match keeps the first object', async () => {
  await s3.send(new s3sdk.PutObjectCommand({ Bucket, Key: 'once', Body: '1', IfNoneMatch: '*' }));
  await assert.rejects(s3.send(new s3sdk.PutObjectCommand({ Bucket, Key: 'once', Body: '2', IfNoneMatch: '*' })),
    (e) => e.name === 'PreconditionFailed');
});

test('listing, page by page', async () => {
  for (let i = 0; i < 7; i++) await s3.send(new s3sdk.PutObjectCommand({ Bucket, Key: `list/${i}`, Body: '' }));
  const keys = [];
  for await (const page of s3sdk.paginateListObjectsV2({ client: s3, pageSize: 3 }, { Bucket, Prefix: 'list/' })) {
    keys.push(...page.Contents.map((c) => c.Key));
  }
  assert.deepEqual(keys, [0, 1, 2, 3, 4, 5, 6].map((i) => `list/${i}`));
});

test('presigned PUT and GET', async () => {
  const put = await getSignedUrl(s3, new s3sdk.PutObjectCommand({ Bucket, Key: 'signed', ContentType: 'text/plain' }), { expiresIn: 60 });
  assert.equal((await fetch(put, { method: 'PUT', body: 'hello', headers: { 'content-type': 'text/plain' } })).status, 200);
  const get = await getSignedUrl(s3, new s3sdk.GetObjectCommand({ Bucket, Key: 'signed' }), { expiresIn: 60 });
  assert.equal(await (await fetch(get)).text(), 'hello');
});

test('text is detected in bytes', async () => {
  const answer = await new RekognitionClient(options).send(new DetectTextCommand({ Image: { Bytes: receipt } }));
  assert.ok(answer.TextDetections.some((d) => d.Type === 'WORD' && d.DetectedText === 'HARBOUR'));
});

test('events and functions', async () => {
  const events = new EventBridgeClient(options);
  const put = await events.send(new PutEventsCommand({ Entries: [{ Source: 'test', DetailType: 'T', Detail: '{}' }] }));
  assert.equal(put.FailedEntryCount, 0);
  assert.ok((await events.send(new ListRulesCommand({}))).Rules.length >= 3);
  const lambda = new LambdaClient(options);
  const names = (await lambda.send(new ListFunctionsCommand({}))).Functions.map((f) => f.FunctionName);
  assert.ok(names.includes('gleaner-create-job'));
  const answer = await lambda.send(new InvokeCommand({ FunctionName: 'gleaner-list-jobs', Payload: '{}' }));
  assert.equal(answer.StatusCode, 200);
});

test('the whole job', async () => {
  const created = await (await fetch(`${info.api_endpoint}/jobs`, { method: 'POST', body: '{}' })).json();
  const { method, url, headers } = created.upload;
  assert.equal((await fetch(url, { method, headers, body: receipt })).status, 200);
  let job;
  for (let i = 0; i < 600; i++) {
    job = await (await fetch(`${info.api_endpoint}/jobs/${created.job_id}`)).json();
    if (job.status === 'succeeded' || job.status === 'failed') break;
    await sleep(100);
  }
  assert.equal(job.status, 'succeeded');
  assert.match(job.result.text, /BAKERY/);
  const Key = { job_id: { S: created.job_id } };
  const item = await new DynamoDBClient(options).send(new GetItemCommand({ TableName: info.jobs_table, Key }));
  assert.equal(item.Item.status.S, 'succeeded');
  const query = await new DynamoDBClient(options).send(new QueryCommand({
    TableName: info.jobs_table, IndexName: 'status-created_at', KeyConditionExpression: '#s = :s',
    ExpressionAttributeNames: { '#s': 'status' }, ExpressionAttributeValues: { ':s': { S: 'succeeded' } },
  }));
  assert.ok(query.Items.some((i) => i.job_id.S === created.job_id));
  const states = new SFNClient(options);
  const execution = await states.send(new DescribeExecutionCommand({ executionArn: job.execution_arn }));
  assert.equal(execution.status, 'SUCCEEDED');
  const history = await states.send(new GetExecutionHistoryCommand({ executionArn: job.execution_arn }));
  assert.equal(history.events.at(-1).type, 'ExecutionSucceeded');
  const processed = await s3.send(new s3sdk.GetObjectCommand({ Bucket: job.result.processed_bucket, Key: job.result.processed_key }));
  assert.equal(Buffer.from(await processed.Body.transformToByteArray()).subarray(1, 4).toString(), 'PNG');
});

test('the log of a function', async () => {
  const logs = new CloudWatchLogsClient(options);
  const logGroupName = '/aws/lambda/gleaner-list-jobs';
  await new LambdaClient(options).send(new InvokeCommand({ FunctionName: 'gleaner-list-jobs', Payload: '{}' }));
  for (let i = 0; i < 100; i++) {
    const found = await logs.send(new FilterLogEventsCommand({ logGroupName, filterPattern: 'REPORT' })).catch(() => ({ events: [] }));
    if (found.events.length) break;
    await sleep(100);
  }
  const streams = await logs.send(new DescribeLogStreamsCommand({ logGroupName }));
  assert.match(streams.logStreams[0].logStreamName, /\[\$LATEST\]/);
});
