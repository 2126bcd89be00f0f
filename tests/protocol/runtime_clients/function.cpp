// SPDX-License-Identifier: Apache-2.0
// A function on awslabs/aws-lambda-cpp that does what its event says: {"do": "…"}.
#include <aws/lambda-runtime/runtime.h>

#include <cstdlib>
#include <string>
#include <thread>

using namespace aws::lambda_runtime;

static bool says(const invocation_request &request, const char *what)
{
	return request.payload.find("\"do\": \"" + std::string(what) + "\"") != std::string::npos;
}

// Texts here hold nothing that JSON must escape, but for the client context, which is JSON itself.
static std::string describe(const invocation_request &request)
{
	return "{\"request_id\":\"" + request.request_id + "\",\"trace\":\"" + request.xray_trace_id + "\",\"arn\":\"" +
	       request.function_arn + "\",\"left_ms\":" + std::to_string(request.get_time_remaining().count()) +
	       ",\"context\":" + (request.client_context.empty() ? "null" : request.client_context) +
	       ",\"event\":" + request.payload + "}";
}

static invocation_response handle(const invocation_request &request)
{
	if (says(request, "fail"))
		return invocation_response::failure("it \"went\" wrong\n", "Oops", "");
	if (says(request, "sleep"))
		std::this_thread::sleep_for(std::chrono::seconds(30));
	if (says(request, "crash"))
		std::abort();
	if (says(request, "large"))
		return invocation_response::success("\"" + std::string(6 * 1024 * 1024 - 2, 'x') + "\"", "application/json");
	if (says(request, "too large"))
		return invocation_response::success("\"" + std::string(6 * 1024 * 1024 + 200, 'x') + "\"", "application/json");
	if (says(request, "size"))
		return invocation_response::success(std::to_string(request.payload.size()), "application/json");
	return invocation_response::success(describe(request), "application/json");
}

int main()
{
	if (std::getenv("FAIL_INIT"))
		return 7;
	run_handler(handle);
}
