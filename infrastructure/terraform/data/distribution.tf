# The one address of a stage: its pictures, its pages, and the API of the colour in front.
variable "front_colour" {
  description = "The colour whose pages the distribution serves; the script passes on the one that it serves now"
  type        = string
  default     = "blue"

  validation {
    condition     = contains(["blue", "green"], var.front_colour)
    error_message = "The colour must be blue or green."
  }
}

variable "front_api" {
  description = "The id of that colour's API; none before the first deployment"
  type        = string
  default     = ""
}

variable "front_url" {
  description = "The host of that colour's Function URL for the counter; none with FRONT=gateway"
  type        = string
  default     = ""
}

locals {
  # Written out, so that a plan shows it.
  viewer_arn = join(":", [
    "arn", data.aws_partition.current.partition, "cloudfront", "", data.aws_caller_identity.current.account_id,
    "function/shopkeeper-${var.stage}-viewer",
  ])

  # What the function behind the URL answers, if there is one.
  direct = var.front_url == "" ? [] : local.facts.pages.direct

  # Before there is an API, AWS itself answers 403 under this name.
  api_host = join(".", concat(
    compact([var.front_api]), ["execute-api", data.aws_region.current.name, data.aws_partition.current.dns_suffix],
  ))

  page_headers = local.facts.pages.headers
  # CloudFront takes these by blocks of their own.
  security_headers = ["Referrer-Policy", "X-Content-Type-Options"]
  uploads          = "https://${local.bucket}.s3.${data.aws_region.current.name}.${data.aws_partition.current.dns_suffix}"
}

# Whatever is neither a picture, nor a file of the pages, nor the API's is S3's 403.
resource "aws_cloudfront_distribution" "this" {
  comment         = "shopkeeper-${var.stage}"
  enabled         = true
  http_version    = "http2and3"
  is_ipv6_enabled = true
  price_class     = "PriceClass_100"

  origin {
    origin_id                = "pictures"
    domain_name              = aws_s3_bucket.pictures.bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.pictures.id
  }

  origin {
    origin_id                = "pages"
    domain_name              = aws_s3_bucket.pictures.bucket_regional_domain_name
    origin_path              = "/pages/${var.front_colour}"
    origin_access_control_id = aws_cloudfront_origin_access_control.pictures.id
  }

  origin {
    origin_id   = "api"
    domain_name = local.api_host
    origin_path = "/${var.stage}"

    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
    }
  }

  dynamic "origin" {
    for_each = var.front_url == "" ? [] : [var.front_url]
    content {
      origin_id                = "counter"
      domain_name              = origin.value
      origin_access_control_id = aws_cloudfront_origin_access_control.counter.id

      custom_origin_config {
        http_port              = 80
        https_port             = 443
        origin_protocol_policy = "https-only"
        origin_ssl_protocols   = ["TLSv1.2"]
      }
    }
  }

  default_cache_behavior {
    target_origin_id           = "pages"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = "658327ea-f89d-4fab-a63d-7e88639e58f6" # CachingOptimized: a second at most, as S3 says no-cache
    response_headers_policy_id = aws_cloudfront_response_headers_policy.pages.id

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.rewrite.arn
    }
  }

  ordered_cache_behavior {
    path_pattern               = "/pictures/*"
    target_origin_id           = "pictures"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = false
    cache_policy_id            = "658327ea-f89d-4fab-a63d-7e88639e58f6" # CachingOptimized, as S3's Cache-Control says
    response_headers_policy_id = aws_cloudfront_response_headers_policy.pictures.id
  }

  # A page among the paths of the API: it stands before them.
  ordered_cache_behavior {
    path_pattern               = "/api/docs"
    target_origin_id           = "pages"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = "658327ea-f89d-4fab-a63d-7e88639e58f6" # CachingOptimized: a second at most, as S3 says no-cache
    response_headers_policy_id = aws_cloudfront_response_headers_policy.pages.id

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.rewrite.arn
    }
  }

  dynamic "ordered_cache_behavior" {
    for_each = local.facts.pages.cached
    content {
      path_pattern             = ordered_cache_behavior.value
      target_origin_id         = "api"
      viewer_protocol_policy   = "https-only"
      allowed_methods          = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]
      cached_methods           = ["GET", "HEAD"]
      compress                 = true
      cache_policy_id          = aws_cloudfront_cache_policy.public.id
      origin_request_policy_id = "b689b0a8-53d0-40ab-baf2-68738e2966ac" # AllViewerExceptHostHeader
    }
  }

  dynamic "ordered_cache_behavior" {
    for_each = local.facts.pages.api
    content {
      path_pattern             = ordered_cache_behavior.value
      target_origin_id         = contains(local.direct, ordered_cache_behavior.value) ? "counter" : "api"
      viewer_protocol_policy   = "https-only"
      allowed_methods          = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]
      cached_methods           = ["GET", "HEAD"]
      compress                 = false
      cache_policy_id          = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad" # CachingDisabled
      origin_request_policy_id = "b689b0a8-53d0-40ab-baf2-68738e2966ac" # AllViewerExceptHostHeader

      dynamic "function_association" {
        for_each = contains(local.direct, ordered_cache_behavior.value) ? [local.viewer_arn] : []
        content {
          event_type   = "viewer-request"
          function_arn = function_association.value
        }
      }
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = true
  }

  depends_on = [aws_cloudfront_function.viewer]
}

# The answers that the API calls public, as long as it says. A token, or another origin, has an answer of its own.
resource "aws_cloudfront_cache_policy" "public" {
  name        = "shopkeeper-${var.stage}-public"
  min_ttl     = 0
  default_ttl = 0
  max_ttl     = 60

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true

    cookies_config {
      cookie_behavior = "none"
    }

    headers_config {
      header_behavior = "whitelist"

      headers {
        items = ["Authorization", "Origin"]
      }
    }

    query_strings_config {
      query_string_behavior = "all"
    }
  }
}

resource "aws_cloudfront_function" "rewrite" {
  name    = "shopkeeper-${var.stage}-pages"
  comment = "Which file of the pages an address is"
  runtime = "cloudfront-js-2.0"
  publish = true
  code    = file("${path.module}/../../rewrite.js")
}

resource "aws_cloudfront_function" "viewer" {
  name    = "shopkeeper-${var.stage}-viewer"
  comment = "Who asks for the counter and by which way"
  runtime = "cloudfront-js-2.0"
  publish = true
  code    = file("${path.module}/../../viewer.js")
}

resource "aws_cloudfront_origin_access_control" "counter" {
  name                              = "shopkeeper-${var.stage}-counter"
  origin_access_control_origin_type = "lambda"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_response_headers_policy" "pages" {
  name = "shopkeeper-${var.stage}-pages"

  security_headers_config {
    content_type_options {
      override = true
    }

    referrer_policy {
      referrer_policy = local.page_headers["Referrer-Policy"]
      override        = true
    }

    content_security_policy {
      content_security_policy = replace(join("; ", local.facts.pages.policy), "UPLOADS", local.uploads)
      override                = true
    }
  }

  custom_headers_config {
    dynamic "items" {
      for_each = { for name, value in local.page_headers : name => value if !contains(local.security_headers, name) }
      content {
        header   = items.key
        value    = items.value
        override = true
      }
    }
  }
}

resource "aws_cloudfront_origin_access_control" "pictures" {
  name                              = "shopkeeper-${var.stage}-pictures"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

# Where the code looks it up: a distribution cannot be found by its name.
resource "aws_ssm_parameter" "pictures_url" {
  name  = "/shopkeeper/${var.stage}/pictures-url"
  type  = "String"
  value = "https://${aws_cloudfront_distribution.this.domain_name}"
}

# Where the code looks up which distribution may call its Function URL.
resource "aws_ssm_parameter" "distribution_arn" {
  name  = "/shopkeeper/${var.stage}/distribution-arn"
  type  = "String"
  value = aws_cloudfront_distribution.this.arn
}
