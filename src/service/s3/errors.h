/* SPDX-License-Identifier: Apache-2.0
 *
 * S3's errors: code, status, default text. Source: "Error responses", Amazon S3 API Reference.
 */
#ifndef GLEANER_SERVICE_S3_ERRORS_H
#define GLEANER_SERVICE_S3_ERRORS_H

#include "service/service.h"

#define S3_ERRORS(E)                                                                                                             \
	E(s3, AccessControlListNotSupported, 400, "The bucket does not allow ACLs")                                              \
	E(s3, AccessDenied, 403, "Access Denied")                                                                                \
	E(s3, AccessForbidden, 403, "CORSResponse: This CORS request is not allowed.")                                           \
	E(s3, BadDigest, 400, "The Content-MD5 or checksum value that you specified did not match what the server received.")    \
	E(s3, BadRequest, 400, "Bad Request")                                                                                    \
	E(s3, BucketAlreadyExists, 409,                                                                                          \
	  "The requested bucket name is not available. The bucket namespace is shared by all users of the "                      \
	  "system. Please select a different name and try again.")                                                               \
	E(s3, BucketAlreadyOwnedByYou, 409,                                                                                      \
	  "Your previous request to create the named bucket succeeded and you already own it.")                                  \
	E(s3, BucketNotEmpty, 409, "The bucket you tried to delete is not empty")                                                \
	E(s3, EntityTooLarge, 400, "Your proposed upload exceeds the maximum allowed size")                                      \
	E(s3, EntityTooSmall, 400, "Your proposed upload is smaller than the minimum allowed size")                              \
	E(s3, IllegalLocationConstraintException, 400,                                                                           \
	  "The unspecified location constraint is incompatible for the region specific "                                         \
	  "endpoint this request was sent to.")                                                                                  \
	E(s3, InvalidArgument, 400, "Invalid Argument")                                                                          \
	E(s3, InvalidBucketName, 400, "The specified bucket is not valid.")                                                      \
	E(s3, InvalidBucketState, 409, "The request is not valid with the current state of the bucket.")                         \
	E(s3, InvalidEncryptionAlgorithmError, 400,                                                                              \
	  "The encryption request that you specified is not valid. Supported value: AES256.")                                    \
	E(s3, InvalidObjectState, 403, "The operation is not valid for the object's storage class")                              \
	E(s3, InvalidPart, 400,                                                                                                  \
	  "One or more of the specified parts could not be found.  The part may not have been uploaded, or the "                 \
	  "specified entity tag may not match the part's entity tag.")                                                           \
	E(s3, InvalidPartNumber, 416, "The requested partnumber is not satisfiable")                                             \
	E(s3, InvalidPartOrder, 400, "The list of parts was not in ascending order. Parts must be ordered by part number.")      \
	E(s3, InvalidRange, 416, "The requested range is not satisfiable")                                                       \
	E(s3, InvalidRequest, 400, "Invalid Request")                                                                            \
	E(s3, InvalidStorageClass, 400, "The storage class you specified is not valid")                                          \
	E(s3, InvalidTargetBucketForLogging, 400, "The target bucket for logging does not exist")                                \
	E(s3, InvalidTag, 400,                                                                                                   \
	  "The tag provided was not a valid tag. This error can occur if the tag did not pass input validation.")                \
	E(s3, KeyTooLongError, 400, "Your key is too long")                                                                      \
	E(s3, MalformedPolicy, 400, "This policy contains invalid Json")                                                         \
	E(s3, MalformedXML, 400, "The XML you provided was not well-formed or did not validate against our published schema")    \
	E(s3, MetadataTooLarge, 400, "Your metadata headers exceed the maximum allowed metadata size")                           \
	E(s3, MethodNotAllowed, 405, "The specified method is not allowed against this resource.")                               \
	E(s3, NoSuchBucket, 404, "The specified bucket does not exist")                                                          \
	E(s3, NoSuchBucketPolicy, 404, "The bucket policy does not exist")                                                       \
	E(s3, NoSuchCORSConfiguration, 404, "The CORS configuration does not exist")                                             \
	E(s3, NoSuchConfiguration, 404, "The specified configuration does not exist.")                                           \
	E(s3, NoSuchKey, 404, "The specified key does not exist.")                                                               \
	E(s3, NoSuchLifecycleConfiguration, 404, "The lifecycle configuration does not exist")                                   \
	E(s3, NoSuchPublicAccessBlockConfiguration, 404, "The public access block configuration was not found")                  \
	E(s3, NoSuchTagSet, 404, "The TagSet does not exist")                                                                    \
	E(s3, NoSuchUpload, 404,                                                                                                 \
	  "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted "              \
	  "or completed.")                                                                                                       \
	E(s3, NoSuchVersion, 404, "The specified version does not exist.")                                                       \
	E(s3, NoSuchWebsiteConfiguration, 404, "The specified bucket does not have a website configuration")                     \
	/* What S3 itself does not have; what this server lacks is s3_not_implemented. */                                        \
	E(s3, NotImplemented, 501, "A header or query you provided requested a function that is not implemented.")               \
	E(s3, NotModified, 304, "Not Modified")                                                                                  \
	E(s3, ObjectLockConfigurationNotFoundError, 404, "Object Lock configuration does not exist for this bucket")             \
	E(s3, OwnershipControlsNotFoundError, 404, "The bucket ownership controls were not found")                               \
	E(s3, PreconditionFailed, 412, "At least one of the pre-conditions you specified did not hold")                          \
	E(s3, ReplicationConfigurationNotFoundError, 404, "The replication configuration was not found")                         \
	E(s3, SlowDown, 503, "Please reduce your request rate.")                                                                 \
	E(s3, TooManyConfigurations, 400,                                                                                        \
	  "You are attempting to create a new configuration but have already reached the 1,000-configuration limit.")

S3_ERRORS(SERVICE_ERROR_EXTERN)

#endif
