// SPDX-License-Identifier: Apache-2.0
// The Runtime API's client for nodejs* functions: loads the handler, then next, call, response, for ever.
import http from "node:http";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const api = "/2018-06-01/runtime/";
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function request(method, where, body, headers = {}) {
	return new Promise((resolve, reject) => {
		const r = http.request({ host, port, agent, method, path: api + where, headers }, (reply) => {
			const pieces = [];
			reply.on("data", (piece) => pieces.push(piece));
			reply.on("end", () => resolve({ status: reply.statusCode, headers: reply.headers, body: Buffer.concat(pieces).toString() }));
		});
		r.on("error", reject);
		r.end(body);
	});
}

function post(where, value, errorType) {
	const body = Buffer.from(value === undefined ? "null" : JSON.stringify(value));
	const headers = { "Content-Type": "application/json", "Content-Length": body.length };
	if (errorType)
		headers["Lambda-Runtime-Function-Error-Type"] = errorType;
	return request("POST", where, body, headers);
}

function describe(error) {
	if (!(error instanceof Error))
		return { errorType: typeof error, errorMessage: String(error), trace: [] };
	return { errorType: error.name, errorMessage: error.message, trace: (error.stack || "").split("\n") };
}

async function loadHandler() {
	const name = process.env._HANDLER, base = path.basename(name), dot = base.indexOf(".");
	if (dot < 0)
		throw Object.assign(new Error("Bad handler"), { name: "Runtime.MalformedHandlerName" });
	const file = path.join(process.env.LAMBDA_TASK_ROOT, path.dirname(name), base.slice(0, dot));
	const found = [".js", ".mjs", ".cjs", ""].map((end) => file + end).find((f) => fs.existsSync(f));
	if (!found)
		throw Object.assign(new Error(`Cannot find module '${path.basename(file)}'`), { name: "Runtime.ImportModuleError" });
	const module = await import(pathToFileURL(found));
	let handler = module;
	for (const part of base.slice(dot + 1).split("."))
		handler = handler?.[part] ?? handler?.default?.[part];
	if (typeof handler !== "function")
		throw Object.assign(new Error(`${name} is undefined or not exported`), { name: "Runtime.HandlerNotFound" });
	return handler;
}

function makeContext(headers) {
	const deadline = Number(headers["lambda-runtime-deadline-ms"]);
	const env = process.env;
	return {
		awsRequestId: headers["lambda-runtime-aws-request-id"],
		invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
		functionName: env.AWS_LAMBDA_FUNCTION_NAME,
		functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
		memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
		logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
		logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
		callbackWaitsForEmptyEventLoop: true,
		clientContext: headers["lambda-runtime-client-context"] ? JSON.parse(headers["lambda-runtime-client-context"]) : undefined,
		getRemainingTimeInMillis: () => Math.max(deadline - Date.now(), 0),
	};
}

function call(handler, event, context) {
	return new Promise((resolve, reject) => {
		const result = handler(event, context, (error, value) => (error ? reject(error) : resolve(value)));
		if (result && typeof result.then === "function")
			result.then(resolve, reject);
		else if (handler.length < 3)
			resolve(result);
	});
}

let current = null;

async function fail(error) {
	const description = describe(error);
	console.error(`${new Date().toISOString()}\t${current ?? "undefined"}\tERROR\t${description.trace[0] ?? description.errorMessage}`);
	await post(current ? `invocation/${current}/error` : "init/error", description, description.errorType);
}

async function crash(error) {
	await fail(error);
	process.exit(129);
}

process.on("uncaughtException", crash);
process.on("unhandledRejection", crash);

const handler = await loadHandler().catch(async (error) => {
	await fail(error);
	process.exit(1);
});

for (;;) {
	const next = await request("GET", "invocation/next");
	if (next.status !== 200)
		process.exit(0);
	const context = makeContext(next.headers);
	current = context.awsRequestId;
	process.env._X_AMZN_TRACE_ID = next.headers["lambda-runtime-trace-id"] ?? "";
	try {
		const value = await call(handler, JSON.parse(next.body), context);
		await post(`invocation/${current}/response`, value);
	} catch (error) {
		await fail(error);
	}
	current = null;
}
