variable "alarm_emails" {
  type        = set(string)
  description = "Addresses that the alarm topic mails; each must be confirmed once from the mail that SNS sends."
  default     = []

  validation {
    condition     = alltrue([for address in var.alarm_emails : can(regex("^[^@\\s]+@[^@\\s]+$", address))])
    error_message = "Each of alarm_emails must be a mail address."
  }
}

variable "allowed_origins" {
  type        = list(string)
  description = "Origins whose pages may call the API and use the buckets' presigned URLs (CORS), each as scheme://host[:port]. None by default."
  default     = []

  validation {
    condition     = alltrue([for origin in var.allowed_origins : can(regex("^https?://[a-z0-9.-]+(:[0-9]+)?$", origin))])
    error_message = "Each of allowed_origins must be scheme://host[:port], without a path and without a wildcard."
  }
}

variable "api_throttle" {
  type = object({
    burst = optional(number, 100)
    rate  = optional(number, 50)
  })
  description = "Requests a second that the API takes in the long run (rate) and at once (burst); more answer 429."
  default     = {}

  validation {
    condition     = var.api_throttle.rate > 0 && var.api_throttle.burst >= var.api_throttle.rate
    error_message = "api_throttle.rate must be positive and api_throttle.burst at least as large."
  }
}

variable "architecture" {
  type        = string
  description = "Instruction set that the function package was built for."
  default     = "x86_64"

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "architecture must be x86_64 or arm64."
  }
}

variable "authorization" {
  type        = string
  description = "Who may call the API: iam (signed requests), jwt (see jwt) or none. DANGEROUS: with none anyone on the internet may upload and read results."
  default     = "iam"

  validation {
    condition     = contains(["iam", "jwt", "none"], var.authorization)
    error_message = "authorization must be iam, jwt or none."
  }
}

variable "content_length_required" {
  type        = bool
  description = "Whether a job must state its image's size, which is then signed into the upload URL. Off means that a URL takes uploads of any size."
  default     = true
}

variable "deletion_protection" {
  type        = bool
  description = "Whether the jobs table refuses to be deleted."
  default     = true
}

variable "event_bus" {
  type        = string
  description = "Name of the bus for the pipeline's own events. Uploads and execution changes always arrive on the default bus."
  default     = "default"
}

variable "force_destroy" {
  type        = bool
  description = "DANGEROUS: whether destroying deletes the buckets with all objects in them. Meant for environments that hold nothing of value."
  default     = false
}

variable "jwt" {
  type = object({
    audience = list(string)
    issuer   = string
  })
  description = "Issuer (https URL) and accepted audiences of tokens; required with authorization = \"jwt\"."
  default     = null

  validation {
    condition     = (var.jwt != null) == (var.authorization == "jwt")
    error_message = "jwt must be given with authorization = \"jwt\", and only then."
  }
  validation {
    condition     = var.jwt == null ? true : startswith(var.jwt.issuer, "https://") && length(var.jwt.audience) > 0
    error_message = "jwt needs an https issuer and at least one audience."
  }
}

variable "log_days" {
  type        = number
  description = "Days that logs are kept; one of the values that CloudWatch Logs takes."
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_days)
    error_message = "log_days must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731."
  }
}

variable "name" {
  type        = string
  description = "Prefix of all names, such as gleaner-staging. Two deployments in one account and region need two."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 24 lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen."
  }
}

variable "oldest_job_minutes" {
  type        = number
  description = "Age of the oldest unfinished job, in minutes, past which the alarm is raised."
  default     = 60

  validation {
    condition     = var.oldest_job_minutes >= 15 && floor(var.oldest_job_minutes) == var.oldest_job_minutes
    error_message = "oldest_job_minutes must be a whole number of at least 15: an upload may take that long."
  }
}

variable "package" {
  type        = string
  description = "Path of the functions' zip, as `make package` builds it for the architecture."

  validation {
    condition     = fileexists(var.package)
    error_message = "There is no file at package: build it first with `make package`."
  }
}

variable "permissions_boundary_arn" {
  type        = string
  description = "Policy that bounds every role made here; the deployment role that bootstrap makes may create no role without it."
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null ? true : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:policy/", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn must be a policy's ARN."
  }
}

variable "point_in_time_recovery" {
  type        = bool
  description = "Whether the jobs table can be restored to any second of the last 35 days."
  default     = true
}

variable "record_days" {
  type        = number
  description = "Days that records and results are kept; null: as pipeline/buckets.json says."
  default     = null

  validation {
    condition     = var.record_days == null ? true : var.record_days >= 1 && floor(var.record_days) == var.record_days
    error_message = "record_days must be a whole number of at least 1."
  }
}

variable "reserved_concurrency" {
  type        = map(number)
  description = "Reserved concurrency by function name (as in pipeline/functions.json). None by default: a new account has 10 in all and must leave some unreserved."
  default     = {}

  validation {
    condition     = alltrue([for count in values(var.reserved_concurrency) : count >= 0 && floor(count) == count])
    error_message = "Each of reserved_concurrency must be a whole number of at least 0."
  }
}

variable "source_days" {
  type        = number
  description = "Days that uploaded images are kept; null: as pipeline/buckets.json says."
  default     = null

  validation {
    condition     = var.source_days == null ? true : var.source_days >= 1 && floor(var.source_days) == var.source_days
    error_message = "source_days must be a whole number of at least 1."
  }
}

variable "state_machine_log_level" {
  type        = string
  description = "What the state machine writes to its log group (never the data): OFF, FATAL, ERROR or ALL."
  default     = "ERROR"

  validation {
    condition     = contains(["OFF", "FATAL", "ERROR", "ALL"], var.state_machine_log_level)
    error_message = "state_machine_log_level must be OFF, FATAL, ERROR or ALL."
  }
}

variable "text_calls_max" {
  type        = number
  description = "Most DetectText calls for one image; a page with more than 100 words takes several."
  default     = 64

  validation {
    condition     = var.text_calls_max >= 1 && var.text_calls_max <= 256 && floor(var.text_calls_max) == var.text_calls_max
    error_message = "text_calls_max must be a whole number from 1 to 256."
  }
}

variable "tracing" {
  type        = bool
  description = "Whether functions and the state machine send X-Ray traces."
  default     = true
}

variable "versioning" {
  type        = bool
  description = "Whether the buckets keep overwritten and deleted objects for a day; null: as pipeline/buckets.json says."
  default     = null
}
