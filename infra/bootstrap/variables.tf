variable "branch" {
  type        = string
  description = "Protected branch that is deployed."
  default     = "main"

  validation {
    condition     = can(regex("^[A-Za-z0-9._/-]+$", var.branch))
    error_message = "branch must be a branch name without wildcards."
  }
}

variable "build_image" {
  type        = string
  description = "Image that CodeBuild runs builds in; it must have the AWS CLI, or the builds fail at their first line."
  default     = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
}

variable "build_minutes" {
  type        = number
  description = "Minutes after which a build is stopped."
  default     = 60

  validation {
    condition     = var.build_minutes >= 5 && var.build_minutes <= 480 && floor(var.build_minutes) == var.build_minutes
    error_message = "build_minutes must be a whole number from 5 to 480."
  }
}

variable "build_suffix" {
  type        = string
  description = "Appended to the CodeBuild projects' names; needed only by the second environment in one account and region, such as -staging."
  default     = ""

  validation {
    condition     = can(regex("^(-[a-z0-9]+)?$", var.build_suffix))
    error_message = "build_suffix must be empty or a hyphen with letters and digits."
  }
}

variable "environment" {
  type        = string
  description = "Environment that is deployed into this account: the name of a folder in infra/live and of the protected environment on GitHub."

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "environment must be 2 to 12 lower-case letters and digits."
  }
}

variable "existing_oidc_provider_arn" {
  type        = string
  description = "ARN of the account's identity provider for GitHub where it has one already (an account can have only one an issuer); null: it is made here."
  default     = null

  validation {
    condition     = var.existing_oidc_provider_arn == null ? true : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:oidc-provider/", var.existing_oidc_provider_arn))
    error_message = "existing_oidc_provider_arn must be an identity provider's ARN."
  }
}

variable "force_destroy" {
  type        = bool
  description = "DANGEROUS: whether destroying deletes the state and plan buckets with all that is in them."
  default     = false
}

variable "github" {
  type = object({
    owner         = string
    owner_id      = number
    repository    = string
    repository_id = number
  })
  description = "The repository that deploys, by names and by numbers: `gh api repos/OWNER/NAME --jq '.owner.id, .id'`. Numbers cannot be taken over with a name."

  validation {
    condition     = alltrue([for part in [var.github.owner, var.github.repository] : can(regex("^[A-Za-z0-9._-]+$", part))])
    error_message = "github.owner and github.repository must be plain names."
  }
}

variable "github_subject" {
  type        = string
  description = "Form of the token's subject: ids (repo:OWNER@ID/NAME@ID:…, repositories made since 2026-07-15) or names (repo:OWNER/NAME:…, older ones)."
  default     = "ids"

  validation {
    condition     = contains(["ids", "names"], var.github_subject)
    error_message = "github_subject must be ids or names."
  }
}

variable "github_workflows" {
  type = object({
    apply       = optional(string, ".github/workflows/apply.yml")
    check_drift = optional(string, ".github/workflows/check-drift.yml")
    notify      = optional(string, ".github/workflows/notify.yml")
    plan        = optional(string, ".github/workflows/plan.yml")
  })
  description = "The workflow files that may take the roles: apply its own, the others plan's. A token names the called workflow, not the calling one."
  default     = {}
}

variable "name" {
  type        = string
  description = "Application; with the environment the prefix of all names."
  default     = "gleaner"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,10}$", var.name))
    error_message = "name must be 2 to 11 lower-case letters and digits."
  }
}

variable "notify_emails" {
  type        = set(string)
  description = "Addresses told of failed builds; each must be confirmed once from the mail that SNS sends."
  default     = []

  validation {
    condition     = alltrue([for address in var.notify_emails : can(regex("^[^@\\s]+@[^@\\s]+$", address))])
    error_message = "Each of notify_emails must be a mail address."
  }
}

variable "oidc_issuer" {
  type        = string
  description = "Host (and path) of the token issuer, without https://. Another one only on GitHub Enterprise, or to test."
  default     = "token.actions.githubusercontent.com"

  validation {
    condition     = !strcontains(var.oidc_issuer, "://") && !strcontains(var.oidc_issuer, "*")
    error_message = "oidc_issuer must be without a scheme and without wildcards."
  }
}

variable "plan_pull_requests" {
  type        = bool
  description = "Whether pull requests from this repository may be planned. DANGEROUS where people who may push are not trusted to read the environment: a plan runs what the branch says, with the read-only role."
  default     = true
}

variable "region" {
  type        = string
  description = "Region of everything here."
  default     = "us-east-1"
}
