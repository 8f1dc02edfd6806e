# The files of one stage: a private bucket for pictures and pages, and what browsers are told beside a picture.
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  is_local = var.stage == "dev" && var.allowed_origins == ""

  # Nobody else in the world may have this name.
  bucket = join("-", [
    "shopkeeper", var.stage, data.aws_caller_identity.current.account_id, data.aws_region.current.name,
  ])
  bucket_arn = "arn:${data.aws_partition.current.partition}:s3:::${local.bucket}"
}

resource "aws_s3_bucket" "pictures" {
  bucket        = local.bucket
  force_destroy = !local.is_kept
}

resource "aws_s3_bucket_public_access_block" "pictures" {
  bucket                  = aws_s3_bucket.pictures.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "pictures" {
  bucket = aws_s3_bucket.pictures.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "pictures" {
  bucket = aws_s3_bucket.pictures.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

# Browsers post the forms straight to the bucket. Any of CloudFront's names is among them, as in the other descriptions,
# which cannot know the distribution's here. S3 asks for a form that the function `orders` signed, wherever it comes from.
resource "aws_s3_bucket_cors_configuration" "pictures" {
  bucket = aws_s3_bucket.pictures.id

  cors_rule {
    allowed_methods = ["POST"]
    allowed_origins = concat(
      ["https://*.cloudfront.net"],
      local.is_local ? ["http://localhost:*", "http://127.0.0.1:*"] : split(",", var.allowed_origins),
    )
    allowed_headers = ["*"]
    max_age_seconds = 600
  }
}

resource "aws_s3_bucket_policy" "pictures" {
  bucket = aws_s3_bucket.pictures.id
  policy = data.aws_iam_policy_document.pictures.json

  depends_on = [aws_s3_bucket_public_access_block.pictures]
}

data "aws_iam_policy_document" "pictures" {
  statement {
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.bucket_arn, "${local.bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  statement {
    actions   = ["s3:GetObject"]
    resources = ["${local.bucket_arn}/pictures/*", "${local.bucket_arn}/pages/*"]

    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "AWS:SourceArn"
      values   = [aws_cloudfront_distribution.this.arn]
    }
  }
}

resource "aws_cloudfront_response_headers_policy" "pictures" {
  name = "shopkeeper-${var.stage}-pictures"

  security_headers_config {
    content_type_options {
      override = true
    }

    content_security_policy {
      content_security_policy = "default-src 'none'; sandbox"
      override                = true
    }
  }

  custom_headers_config {
    items {
      header   = "Content-Disposition"
      value    = "inline"
      override = true
    }

    items {
      header   = "Cross-Origin-Resource-Policy"
      value    = "cross-origin"
      override = true
    }
  }
}
