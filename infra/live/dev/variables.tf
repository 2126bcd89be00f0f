variable "package" {
  type        = string
  description = "Path of the functions' zip, seen from this folder."
  default     = "../../../build/functions/bootstrap.zip"
}

variable "permissions_boundary_arn" {
  type        = string
  description = "Output boundary_arn of infra/bootstrap; the builds set it. Null only where you deploy with rights of your own."
  default     = null
}

variable "region" {
  type        = string
  description = "Region of everything here."
  default     = "us-east-1"
}

variable "tags" {
  type        = map(string)
  description = "Tags of everything here, beside those that say what it belongs to."
  default     = {}
}
