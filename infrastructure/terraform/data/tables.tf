# Every table, as src/shopkeeper/storage/tables.py declares it.
locals {
  tables = {
    "visitor-counter" = {
      attributes = { counter_id = "S" }
      hash_key   = "counter_id"
      ttl        = "ItemExpireTTL"
    }
    "businesses" = {
      attributes = { business_id = "S", email = "S", cognito_user_id = "S" }
      hash_key   = "business_id"
      indexes = {
        "email-index"        = { hash_key = "email" }
        "cognito-user-index" = { hash_key = "cognito_user_id" }
      }
    }
    "markers" = {
      attributes = { marker = "S" }
      hash_key   = "marker"
    }
    "users" = {
      attributes = { user_id = "S", kind = "S" }
      hash_key   = "user_id"
      indexes = {
        "all-users" = { hash_key = "kind", range_key = "user_id" }
      }
    }
    "sessions" = {
      attributes = { family_id = "S" }
      hash_key   = "family_id"
      ttl        = "ItemExpireTTL"
    }
    "attempts" = {
      attributes = { attempt = "S" }
      hash_key   = "attempt"
      ttl        = "ItemExpireTTL"
    }
    "items" = {
      attributes = { item_id = "S", business_id = "S", kind = "S" }
      hash_key   = "item_id"
      indexes = {
        "by-business" = { hash_key = "business_id", range_key = "item_id" }
        "all-items"   = { hash_key = "kind", range_key = "item_id" }
      }
    }
    "orders" = {
      attributes = { order_id = "S", business_id = "S", business_status = "S" }
      hash_key   = "order_id"
      indexes = {
        "by-business" = { hash_key = "business_id", range_key = "order_id" }
        "by-status"   = { hash_key = "business_status", range_key = "order_id" }
      }
    }
    "idempotency" = {
      attributes = { idempotency_key = "S" }
      hash_key   = "idempotency_key"
      ttl        = "ItemExpireTTL"
    }
    "events" = {
      attributes = { business_id = "S", seq = "N" }
      hash_key   = "business_id"
      range_key  = "seq"
      ttl        = "ItemExpireTTL"
    }
  }
}
