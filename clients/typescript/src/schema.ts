// Written by `make openapi` from docs/openapi.json. Do not change it here.

export interface paths {
    "/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Return what runs here and where to go
         * @description The links lead to the most important resources. No table is read.
         */
        get: operations["welcome"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Confirm an email address with the token of a mail
         * @description The token is good for one use. It needs no access token, so the link works on any device.
         */
        post: operations["confirmEmail"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/confirm/request": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Request a confirmation of your email address by mail
         * @description Nothing is sent if the address is confirmed already.
         */
        post: operations["requestConfirmation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in with email and password
         * @description Returns an access token for requests, and a refresh token that continues the session.
         */
        post: operations["signIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign out
         * @description Ends the session of the refresh token. Access tokens that were issued stay valid until they expire.
         */
        post: operations["signOut"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change your password
         * @description All sessions of the account end, so sign in again afterwards.
         */
        post: operations["changePassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Continue a session
         * @description Returns new tokens. A refresh token is good for one use: one that is used twice ends its session.
         */
        post: operations["refreshSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create an account
         * @description The email address may belong to no other account. Sign in afterwards to get tokens. The server's operator decides who may register. An `invitation` is the token of a link that the operator sent to this address; it also confirms the address.
         */
        post: operations["registerUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/registration": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read who may create an account
         * @description A page offers registration to anybody only if the answer is `open`.
         */
        get: operations["readRegistration"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set a new password with the token of a reset link
         * @description The token is good for one use. All sessions of the account end.
         */
        post: operations["resetPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/reset/request": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Request a reset link by mail
         * @description The answer is the same whether or not there is such an account.
         */
        post: operations["requestReset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/businesses/mine": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Return your business
         * @description It is the business that belongs to the identity of the access token.
         */
        get: operations["getMyBusiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/businesses/{business_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Return a business
         * @description Its owner gets all of it. Everybody else gets what is public, with the contact data that the owner shows. The answer says whether the business takes orders now; without a token it may be some seconds old.
         */
        get: operations["getBusiness"];
        put?: never;
        post?: never;
        /**
         * Delete your business
         * @description Its catalogue goes with it. No order may be open.
         */
        delete: operations["deleteBusiness"];
        options?: never;
        head?: never;
        /**
         * Change your business
         * @description What is left out stays as it is. With `If-Match` the change is made only in that version.
         */
        patch: operations["changeBusiness"];
        trace?: never;
    };
    "/api/businesses/{business_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Return the events of your business after a number
         * @description They come in order, without gap or repeat. With `wait` the server answers as soon as there is an event, and without one after so many seconds. `Retry-After` says when to ask again. Events are kept for 30 days; 410 says which are.
         */
        get: operations["readFeed"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/businesses/{business_id}/orders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the orders of your business
         * @description The newest come first, page by page. With `status` only those that stand there now.
         */
        get: operations["listOrders"];
        put?: never;
        /**
         * Place an order
         * @description The server reads every price. An order is placed once for each `Idempotency-Key`: a repeat with the same key is answered like the first request, so repeat it after a lost answer. It needs no account: the `order_token` of the answer shows later who the customer is.
         */
        post: operations["placeOrder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/businesses/{business_id}/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the webhooks of your business
         * @description Each shows the state of its deliveries.
         */
        get: operations["listWebhooks"];
        put?: never;
        /**
         * Create a webhook, which sends the events of your business to a URL from now on
         * @description The answer has the secret that signs them, which is shown only here. There are at most 10 webhooks.
         */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/businesses/{business_id}/webhooks/{webhook_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Return a webhook
         * @description It shows the state of its deliveries.
         */
        get: operations["getWebhook"];
        put?: never;
        post?: never;
        /**
         * Delete a webhook
         * @description `If-Match` must name the version that was last seen. Nothing more is sent.
         */
        delete: operations["deleteWebhook"];
        options?: never;
        head?: never;
        /**
         * Change a webhook
         * @description `If-Match` must name the version that was last seen. With `enabled` it is switched off or on. After it is switched on, it continues with the next event after its cursor.
         */
        patch: operations["changeWebhook"];
        trace?: never;
    };
    "/api/businesses/{business_id}/webhooks/{webhook_id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the deliveries of a webhook
         * @description They are those of the events of the last 30 days, page by page, the newest event first.
         */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/businesses/{business_id}/webhooks/{webhook_id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send former events of a webhook again
         * @description They begin with a number, and have the same ids as before. Only events that are still kept can be sent.
         */
        post: operations["replayWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/businesses/{business_id}/webhooks/{webhook_id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a webhook a new secret
         * @description It is shown only here. The former one also signs for 24 hours.
         */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/businesses/{business_id}/webhooks/{webhook_id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a test to a webhook
         * @description It sends an event `webhook.test` now, and returns the outcome.
         */
        post: operations["sendTestWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/items": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List items
         * @description They are those of one business or of all, page by page. A search finds items by name and description. Without a token the answer may be some seconds old.
         */
        get: operations["listItems"];
        put?: never;
        /**
         * Add an item to your business
         * @description A business has at most 5,000 items. Its price is in minor units of the currency.
         */
        post: operations["createItem"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/items/{item_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Return an item
         * @description Anyone may read it. Without a token the answer may be some seconds old.
         */
        get: operations["getItem"];
        put?: never;
        post?: never;
        /**
         * Delete an item of your business
         * @description `If-Match` must name the version that was last seen.
         */
        delete: operations["deleteItem"];
        options?: never;
        head?: never;
        /**
         * Change an item of your business
         * @description What is left out stays as it is. `If-Match` must name the version that was last seen.
         */
        patch: operations["changeItem"];
        trace?: never;
    };
    "/api/items/{item_id}/picture": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a form for a picture of an item
         * @description Post the form's fields and then the file to its URL, and then set the item's `picture`, all within an hour.
         */
        post: operations["startPicture"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/orders/{order_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Return an order
         * @description The owner of the business reads it with an access token, and the customer with the `Order-Token`.
         */
        get: operations["getOrder"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/orders/{order_id}/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Accept an order
         * @description Only a received one can be accepted, before `accept_until`; afterwards it expires.
         */
        post: operations["acceptOrder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/orders/{order_id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel an order
         * @description The customer may while it is received, the business while it is accepted or preparing.
         */
        post: operations["cancelOrder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/orders/{order_id}/complete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Complete an order
         * @description It was handed over or delivered, and nothing is left to do.
         */
        post: operations["completeOrder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/orders/{order_id}/deliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Mark an order as delivered
         * @description It must be out for delivery.
         */
        post: operations["deliverOrder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/orders/{order_id}/dispatch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Mark an order as out for delivery
         * @description It must be ready, and one to deliver.
         */
        post: operations["dispatchOrder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/orders/{order_id}/prepare": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin to prepare an order
         * @description It must have been accepted.
         */
        post: operations["prepareOrder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/orders/{order_id}/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Mark an order as ready
         * @description Its preparation must have begun.
         */
        post: operations["markOrderReady"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/orders/{order_id}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reject an order
         * @description Only a received one can be rejected. The customer sees the `reason`.
         */
        post: operations["rejectOrder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/traffic": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the traffic of a site
         * @description Returns totals, those of the period before, and a series by hour, day or month. For the owner of the site's business and for admins, or for anyone where `TRAFFIC_PUBLIC` is set. The hour, the day and the month that are not over are included.
         */
        get: operations["readTraffic"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/traffic/dimensions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what was counted most in every dimension
         * @description It is what `GET /api/traffic/{dimension}` returns of each, read at once.
         */
        get: operations["readTrafficDimensions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/traffic/export.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export the traffic of a site as CSV
         * @description There is a line for each period, dimension and name. A name that a spreadsheet might take for a formula has an apostrophe before it.
         */
        get: operations["exportTrafficCsv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/traffic/export.jsonl": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export the traffic of a site as JSON lines
         * @description There is an object for each day or month.
         */
        get: operations["exportTrafficJson"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/traffic/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the traffic of the last hour
         * @description Returns the views by five minutes, and the pages and sources of now.
         */
        get: operations["readLiveTraffic"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/traffic/share": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the link that shares a site's traffic
         * @description It is 404 if there is none.
         */
        get: operations["readTrafficShare"];
        put?: never;
        /**
         * Share the traffic of a site by a link
         * @description Who has the link reads what was counted. A site has one link; repeating this returns the same. For the owner of the site's business and for admins.
         */
        post: operations["shareTraffic"];
        /**
         * Revoke the link that shares a site's traffic
         * @description If there is one, it is never valid again.
         */
        delete: operations["revokeTrafficShare"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/traffic/sites": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the sites whose traffic the caller may read
         * @description Admins may also read that of any business by its id. With the token of a link it is the site that the link shares.
         */
        get: operations["listTrafficSites"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/traffic/{dimension}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what was counted most
         * @description The names are those of one dimension, such as pages or sources. Pages, events and bots count every view. The others count entries: views that came from outside of the site.
         */
        get: operations["readTrafficNames"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List all accounts
         * @description Only admins may do this. The accounts come page by page.
         */
        get: operations["listUsers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Return your account
         * @description It is the account of the access token.
         */
        get: operations["getMe"];
        put?: never;
        post?: never;
        /**
         * Delete your account
         * @description It must own no business. All sessions end.
         */
        delete: operations["deleteMe"];
        options?: never;
        head?: never;
        /**
         * Change your name or email address
         * @description What is left out stays as it is. Another email address needs the present password, and must be confirmed anew.
         */
        patch: operations["changeMe"];
        trace?: never;
    };
    "/api/users/{user_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Return an account
         * @description A user may read their own account, and an admin every account.
         */
        get: operations["getUser"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Return whether registrations can be taken
         * @description The status is 503 if a table of the registration cannot be read.
         */
        get: operations["checkAuth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/register-business": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Register a business
         * @description There is one for each email address and identity. A repeat of the same registration is answered like the first one. Depending on a setting, the access token of the identity that will own the business is required.
         */
        post: operations["registerBusiness"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/counter": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count a visit of the site
         * @description Returns the new count. Every request counts, so call it once for each visit. It needs no credentials.
         */
        get: operations["countVisit"];
        put?: never;
        /**
         * Count a visit of the site, by POST
         * @description It counts as GET does. A body is not read.
         */
        post: operations["postVisit"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/counter.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Describe the site's count as a badge
         * @description The fields are those of the endpoint badge of shields.io. It never counts, and may be cached for a minute.
         */
        get: operations["readBadge"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/counter.svg": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Draw the site's count as a badge
         * @description It never counts, and may be cached for a minute.
         */
        get: operations["drawBadge"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/counter.txt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count a visit of the site, and get the bare number
         * @description For pages that show the answer as it is.
         */
        get: operations["countVisitAsText"];
        put?: never;
        /**
         * Count a visit of the site by POST, and get the bare number
         * @description It counts as GET does. A body is not read.
         */
        post: operations["postVisitAsText"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/counter/{counter_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count a visit of a named page
         * @description Returns the new count of that page. The setting `COUNTER_IDS` says which names there are; any other is a 404. A name that ends with `.txt` counts the page before it and returns the bare number. One that ends with `.svg` or `.json` returns that page's badge and counts nothing. A counter that has the whole name itself goes before.
         */
        get: operations["countPageVisit"];
        put?: never;
        /**
         * Count a visit of a named page, by POST
         * @description It counts as GET does. A badge cannot be posted: it is 404.
         */
        post: operations["postPageVisit"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Return whether the counter works
         * @description It reads the counter and never counts. The status is 503 if the counter cannot be read.
         */
        get: operations["checkCounter"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/detailed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Return the health of every table
         * @description The tables are probed at most once in five seconds; in between the last report is returned. The status is 503 if a table cannot be read.
         */
        get: operations["checkEverything"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/hit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Count a view of a page, or an event on it
         * @description The page that sends it must be the site's: `Origin` or `Referer` says so. A site sends it as text/plain, which needs no preflight. The answer comes when the hit is stored.
         */
        post: operations["countHit"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/hit.gif": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count a view by an image
         * @description For pages without JavaScript. The image is a transparent GIF of one pixel.
         */
        get: operations["countImage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/shop.js": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the script that counts the views of a site's pages
         * @description Browsers keep it for a day. A client that has it already is answered 304.
         */
        get: operations["readScript"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/traffic": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show the traffic of a site as a page
         * @description It is for a browser, needs no JavaScript, and shows more with it. `share` is the token of a link. Without one the page is for anyone where `TRAFFIC_PUBLIC` is set.
         */
        get: operations["showTraffic"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface webhooks {
    "order.received": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A customer placed an order
         * @description Sent to each webhook of the business that asks for this kind of event, signed as Standard Webhooks 1.0.0 says. It comes at least once: remember the `webhook-id`. Nothing in it identifies the customer.
         */
        post: operations["onOrderReceived"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "order.accepted": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The business accepted an order
         * @description Sent to each webhook of the business that asks for this kind of event, signed as Standard Webhooks 1.0.0 says. It comes at least once: remember the `webhook-id`. Nothing in it identifies the customer.
         */
        post: operations["onOrderAccepted"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "order.rejected": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The business rejected an order
         * @description Sent to each webhook of the business that asks for this kind of event, signed as Standard Webhooks 1.0.0 says. It comes at least once: remember the `webhook-id`. Nothing in it identifies the customer.
         */
        post: operations["onOrderRejected"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "order.preparing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The business began to prepare an order
         * @description Sent to each webhook of the business that asks for this kind of event, signed as Standard Webhooks 1.0.0 says. It comes at least once: remember the `webhook-id`. Nothing in it identifies the customer.
         */
        post: operations["onOrderPreparing"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "order.ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * An order is ready
         * @description Sent to each webhook of the business that asks for this kind of event, signed as Standard Webhooks 1.0.0 says. It comes at least once: remember the `webhook-id`. Nothing in it identifies the customer.
         */
        post: operations["onOrderReady"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "order.out_for_delivery": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * An order is out for delivery
         * @description Sent to each webhook of the business that asks for this kind of event, signed as Standard Webhooks 1.0.0 says. It comes at least once: remember the `webhook-id`. Nothing in it identifies the customer.
         */
        post: operations["onOrderOutForDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "order.delivered": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * An order was delivered
         * @description Sent to each webhook of the business that asks for this kind of event, signed as Standard Webhooks 1.0.0 says. It comes at least once: remember the `webhook-id`. Nothing in it identifies the customer.
         */
        post: operations["onOrderDelivered"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "order.completed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * An order is completed
         * @description Sent to each webhook of the business that asks for this kind of event, signed as Standard Webhooks 1.0.0 says. It comes at least once: remember the `webhook-id`. Nothing in it identifies the customer.
         */
        post: operations["onOrderCompleted"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "order.cancelled": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The customer or the business cancelled an order
         * @description Sent to each webhook of the business that asks for this kind of event, signed as Standard Webhooks 1.0.0 says. It comes at least once: remember the `webhook-id`. Nothing in it identifies the customer.
         */
        post: operations["onOrderCancelled"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "order.expired": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Nobody accepted an order in time
         * @description Sent to each webhook of the business that asks for this kind of event, signed as Standard Webhooks 1.0.0 says. It comes at least once: remember the `webhook-id`. Nothing in it identifies the customer.
         */
        post: operations["onOrderExpired"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "business.paused": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The business stopped taking orders
         * @description Sent to each webhook of the business that asks for this kind of event, signed as Standard Webhooks 1.0.0 says. It comes at least once: remember the `webhook-id`. Nothing in it identifies the customer.
         */
        post: operations["onBusinessPaused"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "business.resumed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The business takes orders again
         * @description Sent to each webhook of the business that asks for this kind of event, signed as Standard Webhooks 1.0.0 says. It comes at least once: remember the `webhook-id`. Nothing in it identifies the customer.
         */
        post: operations["onBusinessResumed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "item.unavailable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * An item became unavailable
         * @description Sent to each webhook of the business that asks for this kind of event, signed as Standard Webhooks 1.0.0 says. It comes at least once: remember the `webhook-id`. Nothing in it identifies the customer.
         */
        post: operations["onItemUnavailable"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "webhook.disabled": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A webhook of the business was switched off
         * @description Sent to each webhook of the business that asks for this kind of event, signed as Standard Webhooks 1.0.0 says. It comes at least once: remember the `webhook-id`. Nothing in it identifies the customer.
         */
        post: operations["onWebhookDisabled"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "webhook.test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The owner tests a webhook
         * @description Sent to each webhook of the business that asks for this kind of event, signed as Standard Webhooks 1.0.0 says. It comes at least once: remember the `webhook-id`. Nothing in it identifies the customer.
         */
        post: operations["onWebhookTest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface components {
    schemas: {
        /**
         * Address
         * @description An address: a text, or an object of parts
         * @example 123 Test St
         * @example {
         *       "street": "123 Test St",
         *       "city": "Testville"
         *     }
         */
        Address: string | {
            [key: string]: string;
        };
        /**
         * AdminsOnlyProblem
         * @description Only admins may do this.
         */
        AdminsOnlyProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 403;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "admins_only";
        };
        /**
         * AlreadyRegisteredProblem
         * @description There is an account with this email address.
         */
        AlreadyRegisteredProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 409;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "already_registered";
        };
        /**
         * AuthHealthy
         * @description The tables of the registration can be read.
         */
        AuthHealthy: {
            /**
             * @description Registrations can be taken
             * @constant
             */
            status: "healthy";
            /**
             * @description The part that was checked
             * @constant
             */
            service: "auth";
            /**
             * @description The tables can be read
             * @constant
             */
            database: "connected";
            /**
             * Format: date-time
             * @description When the response was made
             * @example 2026-11-21T12:00:00.000Z
             */
            timestamp: string;
        };
        /**
         * AuthUnhealthy
         * @description A table of the registration cannot be read.
         */
        AuthUnhealthy: {
            /**
             * @description Registrations cannot be taken
             * @constant
             */
            status: "unhealthy";
            /**
             * @description The part that was checked
             * @constant
             */
            service: "auth";
            /**
             * @description A table cannot be read
             * @constant
             */
            database: "error";
            /**
             * Format: date-time
             * @description When the response was made
             * @example 2026-11-21T12:00:00.000Z
             */
            timestamp: string;
        };
        /**
         * Badge
         * @description A badge in the form that shields.io reads from an endpoint. It refuses any other field.
         */
        Badge: {
            /**
             * @description The version of the badge's form
             * @enum {unknown}
             */
            schemaVersion: 1;
            /**
             * @description What stands left of the number
             * @example visits
             */
            label: string;
            /**
             * @description The number
             * @example 1042
             */
            message: string;
            /**
             * @description The colour of the badge
             * @example blue
             */
            color: components["schemas"]["BadgeColor"];
            /**
             * @description For how many seconds the badge may be kept
             * @example 60
             */
            cacheSeconds: number;
        };
        /**
         * BadgeColor
         * @description A colour of a badge
         * @enum {string}
         */
        BadgeColor: "blue" | "green" | "grey" | "orange" | "purple" | "red";
        /**
         * Before
         * @description The period of the same length before.
         */
        Before: {
            /**
             * @description The first date
             * @example 2026-10-04
             */
            from: string;
            /**
             * @description The last date
             * @example 2026-10-31
             */
            to: string;
            /** @description What was counted in the period before */
            totals: components["schemas"]["Totals"];
        };
        /**
         * BusinessChange
         * @description The body of a change; what is left out stays as it is.
         */
        BusinessChange: {
            /**
             * @description The name of the business
             * @example Test Business
             */
            business_name?: string;
            /**
             * Format: email
             * @description Compared without case, and kept in lower case
             * @example test@example.com
             */
            email?: string;
            /**
             * @description The phone number, in E.164 form
             * @example +1234567890
             */
            phone?: string;
            /**
             * @description A text, or an object of parts
             * @example 123 Test St
             * @example {
             *       "street": "123 Test St",
             *       "city": "Testville"
             *     }
             */
            address?: components["schemas"]["Address"];
            /**
             * @description The name of the owner; null if that is not said
             * @example Ann Example
             */
            owner_name?: string | null;
            /** @description What kind of business it is; null if that is not said */
            business_type?: components["schemas"]["BusinessType"] | null;
            /**
             * @description Whether the owner takes orders at all
             * @example true
             */
            accepting_orders?: boolean;
            /**
             * @description The time zone of the opening hours, from the IANA database
             * @example Europe/Berlin
             */
            time_zone?: string;
            /** @description The hours of each week; null if the business has none, and is open on every other day */
            opening_hours?: components["schemas"]["WeeklyHoursInput"] | null;
            /** @description The hours of single dates, instead of those of the week */
            special_hours?: components["schemas"]["SpecialDayInput"][];
            /**
             * @description A moment within the next 7 days (RFC 3339, with its zone)
             * @example 2026-11-21T18:30:00Z
             */
            paused_until?: string | null;
            /**
             * @description How many minutes orders usually take; null if that is not said
             * @example 20
             */
            prepare_minutes?: number | null;
            /**
             * @description The contact data that everybody may see
             * @example [
             *       "phone"
             *     ]
             */
            public_contact?: components["schemas"]["ContactField"][];
            /** @description Where the business is; null if that is not said */
            location?: components["schemas"]["Location"] | null;
            /**
             * @description Whether the owner gets a mail for each new order
             * @example true
             */
            order_emails?: boolean;
            /**
             * @description Whether the owner gets a mail about each week's traffic
             * @example false
             */
            traffic_emails?: boolean;
            /**
             * @description The language of the mails to the owner and the customers
             * @example en
             */
            mail_language?: components["schemas"]["MailLanguage"];
            /**
             * @description The origin of the business's site, whose pages may send hits for it
             * @example https://shop.example
             */
            site?: string | null;
        };
        /**
         * BusinessClosingProblem
         * @description The business is being deleted, which nothing can stop any more.
         */
        BusinessClosingProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 409;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "business_closing";
        };
        /**
         * BusinessEvent
         * @description A business stops or goes on taking orders.
         */
        BusinessEvent: {
            /**
             * @description The kind of event
             * @enum {string}
             */
            type: "business.paused" | "business.resumed";
            /**
             * Format: date-time
             * @description When it happened
             * @example 2026-11-21T12:00:00.000Z
             */
            timestamp: string;
            /** @description What happened */
            data: components["schemas"]["BusinessEventData"];
        };
        /**
         * BusinessEventData
         * @description `until` is the end of a pause that has one.
         */
        BusinessEventData: {
            /**
             * @description The id of the business
             * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
             */
            business_id: string;
            /**
             * @description The number of the event in the feed of the business, which has no gap
             * @example 42
             */
            seq: number;
            /**
             * @description The id of what the event is about, such as the order
             * @example 01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55
             */
            subject: string;
            /**
             * Format: date-time
             * @description When it ends; left out if it has no end
             * @example 2026-11-21T12:00:00.000Z
             */
            until?: string;
        };
        /**
         * BusinessType
         * @description A kind of business
         * @enum {string}
         */
        BusinessType: "bakery" | "cafe" | "catering" | "food_truck" | "other" | "restaurant" | "retail";
        /**
         * Change
         * @description The change since the period before, relative to it: 0.25 is a quarter more. Null if it is not known, or was 0.
         */
        Change: {
            /**
             * @description The change of the views: 0.25 is a quarter more
             * @example 0.25
             */
            views: number | null;
            /**
             * @description The change of the different visitors
             * @example 0.12
             */
            uniques: number | null;
            /**
             * @description The change of the views of bots
             * @example -0.5
             */
            bots: number | null;
        };
        /**
         * ChangedMeanwhileProblem
         * @description The business was changed by another request at the same time. The account was changed by another request at the same time. The item, or its business, was changed by another request at the same time. The webhook was changed by another request at the same time.
         */
        ChangedMeanwhileProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 409;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "changed_meanwhile";
        };
        /**
         * ClosedProblem
         * @description The business is closed now. `opens_at` is when it opens, and is left out if that is more than 60 days ahead.
         */
        ClosedProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 409;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "closed";
            /**
             * Format: date-time
             * @description When the business opens next
             * @example 2026-11-21T12:00:00.000Z
             */
            opens_at?: string;
        };
        /**
         * Confirmation
         * @description The body of a confirmation, with the token of a mail.
         */
        Confirmation: {
            /**
             * @description The token from the link of a mail, good for one use
             * @example MDFhMWZkNDYtNWY3ZC03ZjE2.1795262400.q2fJ0kQx
             */
            token: string;
        };
        /**
         * ContactField
         * @description A piece of contact data
         * @enum {string}
         */
        ContactField: "address" | "email" | "phone";
        /**
         * ContentTooLargeProblem
         * @description The body is larger than any endpoint takes.
         */
        ContentTooLargeProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 413;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "content_too_large";
        };
        /**
         * Counted
         * @description A name of a dimension and its count.
         */
        Counted: {
            /**
             * @description A name, such as the path of a page
             * @example /menu
             */
            name: string;
            /**
             * @description How often it was counted
             * @example 230
             */
            count: number;
        };
        /**
         * CountedVisit
         * @description The response to a counted visit.
         */
        CountedVisit: {
            /**
             * @description How many visits there were, this one included
             * @example 1042
             */
            count: number;
            /**
             * Format: date-time
             * @description When the visit was counted
             * @example 2026-11-21T12:00:00.000Z
             */
            timestamp: string;
            /**
             * @description The visit was counted
             * @constant
             */
            status: "success";
            /**
             * Format: uuid
             * @description The id of this request, under which the log has the cause
             * @example 0ac4bb3c-33ba-4cf1-9d5b-5b5a3e0f4a7e
             */
            requestId: string;
        };
        /**
         * CounterHealthy
         * @description The counter can be read. Its value is 0 if there was no visit yet.
         */
        CounterHealthy: {
            /**
             * @description The counter works
             * @constant
             */
            status: "healthy";
            /**
             * @description The part that was checked
             * @example visitor-counter
             */
            service: string;
            /**
             * @description The counter's table can be read
             * @constant
             */
            database: "connected";
            /**
             * @description How many visits of the site there were; 0 before the first
             * @example 1042
             */
            counter_value: number;
            /**
             * Format: date-time
             * @description When the response was made
             * @example 2026-11-21T12:00:00.000Z
             */
            timestamp: string;
        };
        /**
         * CounterUnhealthy
         * @description The counter cannot be read. `error` contains no details.
         */
        CounterUnhealthy: {
            /**
             * @description The counter does not work
             * @constant
             */
            status: "unhealthy";
            /**
             * @description The part that was checked
             * @example visitor-counter
             */
            service: string;
            /**
             * @description The counter's table cannot be read
             * @constant
             */
            database: "error";
            /**
             * @description What is wrong, without details
             * @example The counter's table cannot be read.
             */
            error: string;
            /**
             * Format: date-time
             * @description When the response was made
             * @example 2026-11-21T12:00:00.000Z
             */
            timestamp: string;
        };
        /**
         * Customer
         * @description Who orders, and how to reach them: by phone, email or both.
         *
         *     With `notify` they get mails about the progress of the order, if mails are sent.
         */
        Customer: {
            /**
             * @description The name of the customer
             * @example Ann Example
             */
            name: string;
            /**
             * @description The phone number, in E.164 form; null if there is an email address
             * @example +14155550123
             */
            phone?: string | null;
            /**
             * @description The email address; null if there is a phone number
             * @example ann@example.com
             */
            email?: string | null;
            /**
             * @description Whether the customer gets mails about the order. Default: `false`
             * @example true
             */
            notify?: boolean;
        };
        /**
         * DatabaseHealth
         * @description The database as a whole.
         */
        DatabaseHealth: {
            /**
             * @description The kind of database
             * @example dynamodb
             */
            type: string;
            /**
             * @description Whether every table that was probed can be read
             * @example connected
             * @enum {string}
             */
            status: "connected" | "error";
        };
        /**
         * Delivery
         * @description The order is delivered to an address.
         */
        Delivery: {
            /**
             * @description The type of fulfilment
             * @constant
             */
            type: "delivery";
            /**
             * @description Where the order is delivered: a text, or an object of parts
             * @example 12 Main St, Testville
             */
            address: components["schemas"]["Address"];
            /**
             * @description What the driver should know
             * @example Ring twice
             */
            instructions?: string | null;
        };
        /**
         * DeliveryList
         * @description A page of deliveries, the newest event first; `next` is the cursor of the page after it.
         */
        DeliveryList: {
            /** @description The deliveries of this page, the newest event first */
            deliveries: components["schemas"]["WebhookDelivery"][];
            /**
             * @description The cursor of the next page; null on the last page
             * @example eyJhIjoxfQ
             */
            next: string | null;
        };
        /**
         * DeliveryState
         * @description The state of a delivery
         * @enum {string}
         */
        DeliveryState: "abandoned" | "delivered" | "failing" | "missed" | "pending" | "set_aside";
        /**
         * DetailedHealth
         * @description The health of every table. `timestamp` is the time of the probe.
         */
        DetailedHealth: {
            /**
             * @description `healthy` if every table can be read
             * @example healthy
             * @enum {string}
             */
            status: "healthy" | "unhealthy";
            /**
             * @description The system as a whole
             * @example shopkeeper
             */
            service: string;
            /**
             * @description The version of Shopkeeper
             * @example 0.1.0
             */
            version: string;
            /**
             * @description The stage: dev, staging or prod
             * @example prod
             */
            environment: string;
            /**
             * @description The AWS region; on one machine what `AWS_REGION` says
             * @example eu-central-1
             */
            region: string;
            /**
             * Format: date-time
             * @description When the response was made
             * @example 2026-11-21T12:00:00.000Z
             */
            timestamp: string;
            /** @description The database as a whole */
            database: components["schemas"]["DatabaseHealth"];
            /** @description Every table with its health */
            tables: components["schemas"]["TableHealth"][];
        };
        /**
         * DimensionName
         * @description What names are names of: `bots` are the reasons, `families` what bots they are
         * @enum {string}
         */
        DimensionName: "bots" | "browsers" | "campaigns" | "countries" | "entries" | "events" | "families" | "pages" | "sources" | "systems" | "widths";
        /**
         * EmailTakenProblem
         * @description Another business is registered with this email address.
         */
        EmailTakenProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 409;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "email_taken";
        };
        /**
         * Event
         * @description One entry of a feed, about the thing with the id `subject`.
         *
         *     `data` has what a board shows. It has a customer's first name, but no phone number or email address.
         */
        Event: {
            /**
             * @description The number of the event in the feed of the business, which has no gap
             * @example 42
             */
            seq: number;
            /**
             * @description The kind of event. New kinds may be added
             * @example order.accepted
             */
            type: string;
            /**
             * Format: date-time
             * @description When it happened
             * @example 2026-11-21T12:00:00.000Z
             */
            at: string;
            /**
             * @description The id of what the event is about, such as the order
             * @example 01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55
             */
            subject: string;
            /**
             * @description What a board shows of it
             * @example {
             *       "status": "accepted",
             *       "total_minor": 760,
             *       "currency": "EUR"
             *     }
             */
            data: {
                [key: string]: string | number;
            };
            /**
             * @description Of orders: the same as `subject`
             * @example 01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55
             */
            order_id?: string;
            /**
             * @description Of orders: the same as in `data`
             * @example accepted
             */
            status?: string;
            /**
             * @description Of orders: the same as in `data`
             * @example Sold out for today
             */
            reason?: string | null;
            /**
             * @description Of orders: the same as in `data`
             * @example 2026-11-21T12:00:00.000Z
             */
            ready_at?: string | null;
        };
        /**
         * EventsGoneProblem
         * @description Events after the given number are no longer kept.
         */
        EventsGoneProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 410;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "events_gone";
            /**
             * @description The number of the oldest event that is kept
             * @example 17
             */
            oldest: number;
            /**
             * @description The number of the newest event
             * @example 42
             */
            newest: number;
        };
        /**
         * ExportUnit
         * @description How long the parts of an export are
         * @enum {string}
         */
        ExportUnit: "day" | "month";
        /**
         * Feed
         * @description Events in their order; `next` is the number to ask after for more, null if there are no more.
         */
        Feed: {
            /** @description The events, in their order */
            events: components["schemas"]["Event"][];
            /**
             * @description The number to ask after for more; null if there are no more yet
             * @example 42
             */
            next: string | null;
        };
        /**
         * FieldError
         * @description One thing that is wrong with one field; nested fields are named like `lines[0].quantity`.
         */
        FieldError: {
            /**
             * @description The field, in dotted form
             * @example lines[0].quantity
             */
            field: string;
            /**
             * @description What is wrong with it, for people
             * @example must be at least 1
             */
            message: string;
        };
        /**
         * ForbiddenProblem
         * @description The caller is known, and may not do this.
         */
        ForbiddenProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 403;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "forbidden";
        };
        /**
         * Fulfilment
         * @description How an order comes to its customer: picked up, delivered, or brought to a table
         * @example {
         *       "type": "table",
         *       "table": "7"
         *     }
         */
        Fulfilment: components["schemas"]["Pickup"] | components["schemas"]["Delivery"] | components["schemas"]["TableService"];
        /**
         * FulfilmentType
         * @description How an order comes to its customer
         * @enum {string}
         */
        FulfilmentType: "delivery" | "pickup" | "table";
        /**
         * GatewayError
         * @description An error of the gateway in front of the API.
         */
        GatewayError: {
            /**
             * @description What the gateway says
             * @example Missing Authentication Token
             */
            message: string;
        };
        /**
         * HeaderTooLargeProblem
         * @description The header has more bytes or fields than the server takes (RFC 6585, section 5).
         */
        HeaderTooLargeProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 431;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "header_too_large";
        };
        /**
         * Hit
         * @description A page that somebody looks at, or with `e` an event on it. The names are short because every view sends them.
         */
        Hit: {
            /**
             * @description The path with its query
             * @example /menu?utm_source=letter
             */
            p: string;
            /**
             * @description The URL of the page before. Default: `""`
             * @example https://search.example/
             */
            r?: string;
            /**
             * @description The business whose site it is, if its host is not in `SITES`. Default: `""`
             * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
             */
            n?: string;
            /**
             * @description The width of the window in pixels
             * @example 390
             */
            w?: number | null;
            /**
             * @description The browser's time zone, which tells the country. Default: `""`
             * @example Europe/Berlin
             */
            z?: string;
            /**
             * @description The name of an event. Without one a view is counted. Default: `""`
             * @example newsletter
             */
            e?: string;
            /**
             * @description 1 if a program drives the browser. Default: `0`
             * @example 0
             */
            b?: number;
        };
        /**
         * IdempotencyKeyReusedProblem
         * @description The idempotency key was used for another order.
         */
        IdempotencyKeyReusedProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 422;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "idempotency_key_reused";
        };
        /**
         * IdentityTakenProblem
         * @description This identity has registered another business.
         */
        IdentityTakenProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 409;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "identity_taken";
        };
        /**
         * InternalErrorProblem
         * @description An error in the server. Its cause is in the log under the request's id.
         */
        InternalErrorProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 500;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "internal_error";
        };
        /**
         * InvalidHitProblem
         * @description The path is too long, or the name of an event holds control characters.
         */
        InvalidHitProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 400;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "invalid_hit";
        };
        /**
         * InvalidInputProblem
         * @description The feed has not reached the given number. The error has the number of the newest event. Fields are missing, unknown or invalid; every one of them is named.
         */
        InvalidInputProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 400;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "invalid_input";
            /** @description Every field that is wrong */
            errors: components["schemas"]["FieldError"][];
            /**
             * @description The number of the newest event
             * @example 42
             */
            newest?: number;
        };
        /**
         * InvalidInvitationProblem
         * @description An invitation is for another address, or is not valid, or no longer valid.
         */
        InvalidInvitationProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 403;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "invalid_invitation";
        };
        /**
         * InvalidSessionProblem
         * @description A refresh token, or the token of a mail, is not valid, or no longer valid.
         */
        InvalidSessionProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 401;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "invalid_session";
        };
        /**
         * InvitationRequiredProblem
         * @description Only who is invited can make an account here, and the request has no invitation.
         */
        InvitationRequiredProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 403;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "invitation_required";
        };
        /**
         * Item
         * @description An item of a business's catalogue; times are RFC 3339, `version` counts changes.
         *
         *     It can be ordered if it is `available` and `unavailable_until` is null. `picture` is the name of its picture, and `picture_url` the address: a path of this server, or a whole URL.
         */
        Item: {
            /**
             * @description The id of the item
             * @example 01a1fd5b-c902-769f-b75d-8c384dcdd668
             */
            item_id: string;
            /**
             * @description The id of the business
             * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
             */
            business_id: string;
            /**
             * @description The name of the item
             * @example Espresso
             */
            name: string;
            /**
             * @description The description of the item; null if it has none
             * @example Short and strong
             */
            description: string | null;
            /**
             * @description The price, in minor units of the currency
             * @example 380
             */
            price_minor: number;
            /**
             * @description The currency, as a code of ISO 4217
             * @example EUR
             */
            currency: string;
            /**
             * @description The category of the item; null if it has none
             * @example Drinks
             */
            category: string | null;
            /**
             * @description Where a site shows the item; null comes last
             * @example 10
             */
            position: number | null;
            /**
             * @description Whether the item can be ordered at all
             * @example true
             */
            available: boolean;
            /**
             * @description Until when the item cannot be ordered; null if it is not so for a time
             * @example 2026-11-21T12:00:00.000Z
             */
            unavailable_until: string | null;
            /**
             * Format: date-time
             * @description When it was created
             * @example 2026-11-21T12:00:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it was last changed
             * @example 2026-11-21T12:00:00.000Z
             */
            updated_at: string;
            /**
             * @description Counts the changes, from 1. The `ETag` has the same number
             * @example 1
             */
            version: number;
            /**
             * @description The name of the picture; null if the item has none
             * @example 01a1fd5b-c902-769f-b75d-8c384dcdd668/01a1fd5c-0d31-7c58-a0a4-5d3f7f1f6f10.jpg
             */
            picture: string | null;
            /**
             * @description The address of the picture: a path of this server or a URL
             * @example /pictures/01a1fd5b-c902-769f-b75d-8c384dcdd668/01a1fd5c-0d31-7c58-a0a4-5d3f7f1f6f10.jpg
             */
            picture_url: string | null;
        };
        /**
         * ItemChange
         * @description The body of a change; what is left out stays as it is.
         */
        ItemChange: {
            /**
             * @description The name of the item
             * @example Espresso
             */
            name?: string;
            /**
             * @description The description of the item; null if it has none
             * @example Short and strong
             */
            description?: string | null;
            /**
             * @description In minor units of the currency
             * @example 380
             */
            price_minor?: number;
            /**
             * @description The currency, as a code of ISO 4217
             * @example EUR
             */
            currency?: string;
            /**
             * @description The category of the item; null if it has none
             * @example Drinks
             */
            category?: string | null;
            /**
             * @description Where a site shows the item; those without one come last
             * @example 10
             */
            position?: number | null;
            /**
             * @description Whether the item can be ordered at all
             * @example true
             */
            available?: boolean;
            /**
             * @description A moment within the next 30 days (RFC 3339, with its zone)
             * @example 2026-11-21T18:30:00Z
             */
            unavailable_until?: string | null;
            /**
             * @description The `picture` of a form that was posted for this item; null takes it away
             * @example 01a1fd5b-c902-769f-b75d-8c384dcdd668/01a1fd5c-0d31-7c58-a0a4-5d3f7f1f6f10.jpg
             */
            picture?: string | null;
        };
        /**
         * ItemEvent
         * @description An item cannot be ordered any more.
         */
        ItemEvent: {
            /**
             * @description The kind of event
             * @constant
             */
            type: "item.unavailable";
            /**
             * Format: date-time
             * @description When it happened
             * @example 2026-11-21T12:00:00.000Z
             */
            timestamp: string;
            /** @description What happened */
            data: components["schemas"]["ItemEventData"];
        };
        /**
         * ItemEventData
         * @description The item's name, and until when it is unavailable if that has an end.
         */
        ItemEventData: {
            /**
             * @description The id of the business
             * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
             */
            business_id: string;
            /**
             * @description The number of the event in the feed of the business, which has no gap
             * @example 42
             */
            seq: number;
            /**
             * @description The id of what the event is about, such as the order
             * @example 01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55
             */
            subject: string;
            /**
             * @description The name of the item
             * @example Espresso
             */
            name: string;
            /**
             * Format: date-time
             * @description When it ends; left out if it has no end
             * @example 2026-11-21T12:00:00.000Z
             */
            until?: string;
        };
        /**
         * ItemList
         * @description A page of items; `next` is the cursor of the next page.
         */
        ItemList: {
            /** @description The items of this page */
            items: components["schemas"]["Item"][];
            /**
             * @description The cursor of the next page; null on the last page
             * @example eyJhIjoxfQ
             */
            next: string | null;
        };
        /**
         * ItemUnavailableProblem
         * @description An item is unknown, unavailable, or another business's; which one stands beside.
         */
        ItemUnavailableProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 422;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "item_unavailable";
            /**
             * @description The item that cannot be ordered
             * @example 01a1fd5b-c902-769f-b75d-8c384dcdd668
             */
            item_id: string;
        };
        /**
         * Line
         * @description A line of an order, with name and price as they were, and the customer's note.
         */
        Line: {
            /**
             * @description The id of the item
             * @example 01a1fd5b-c902-769f-b75d-8c384dcdd668
             */
            item_id: string;
            /**
             * @description The name of the item when it was ordered
             * @example Espresso
             */
            name: string;
            /**
             * @description How many of the item
             * @example 2
             */
            quantity: number;
            /**
             * @description The price of one, in minor units of the currency, when it was ordered
             * @example 380
             */
            price_minor: number;
            /**
             * @description The price of all of this line, in minor units of the currency
             * @example 760
             */
            total_minor: number;
            /**
             * @description The customer's note about this line; null if there is none
             * @example Without sugar
             */
            note: string | null;
        };
        /**
         * LiveTraffic
         * @description The last hour of a site: `views` by five minutes, the last of which are not over.
         *
         *     `pages`, `sources` and `bots` count from `since` on, the beginning of the hour before this one.
         */
        LiveTraffic: {
            /**
             * @description The site
             * @example shop.example
             */
            site: string;
            /**
             * @description The time zone of the opening hours, from the IANA database
             * @example Europe/Berlin
             */
            time_zone: string;
            /**
             * @description Views of people in the last hour
             * @example 42
             */
            views: number;
            /** @description The views by five minutes */
            steps: components["schemas"]["Step"][];
            /**
             * @description The beginning of the hour before this one
             * @example 2026-11-21T08
             */
            since: string;
            /** @description The pages that were looked at */
            pages: components["schemas"]["Counted"][];
            /** @description Where people came from */
            sources: components["schemas"]["Counted"][];
            /**
             * @description Views of bots
             * @example 3
             */
            bots: number;
        };
        /**
         * Location
         * @description Where a business is, in degrees of WGS 84, kept to six decimals.
         */
        Location: {
            /**
             * @description Degrees north of the equator
             * @example 52.520008
             */
            latitude: number;
            /**
             * @description Degrees east of Greenwich
             * @example 13.404954
             */
            longitude: number;
        };
        /**
         * MailLanguage
         * @description A language of mails
         * @enum {string}
         */
        MailLanguage: "de" | "en";
        /**
         * MailNotConfiguredProblem
         * @description This server sends no mails.
         */
        MailNotConfiguredProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 501;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "mail_not_configured";
        };
        /**
         * MailRequested
         * @description The answer to a request for a mail, the same in all cases.
         */
        MailRequested: {
            /**
             * @description The request was accepted, whether or not a mail is sent
             * @constant
             */
            status: "requested";
        };
        /**
         * MalformedBodyProblem
         * @description The body is not a JSON object. `problem` says why, like "is not valid JSON in UTF-8".
         */
        MalformedBodyProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 400;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "malformed_body";
        };
        /**
         * MixedCurrenciesProblem
         * @description The items are priced in more than one currency.
         */
        MixedCurrenciesProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 422;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "mixed_currencies";
        };
        /**
         * NewAccount
         * @description The body of a registration.
         */
        NewAccount: {
            /**
             * Format: email
             * @description Compared without case, and kept in lower case
             * @example test@example.com
             */
            email: string;
            /**
             * @description 12 to 128 characters, spaces and all; only a salted hash of their form NFC is stored
             * @example correct horse battery
             */
            password: string;
            /**
             * @description The name of the user
             * @example Ann Example
             */
            name: string;
            /**
             * @description The token of an invitation to this address, null without one
             * @example null
             */
            invitation?: string | null;
        };
        /**
         * NewItem
         * @description The body of a new item.
         */
        NewItem: {
            /**
             * @description The id of the business
             * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
             */
            business_id: string;
            /**
             * @description The name of the item
             * @example Espresso
             */
            name: string;
            /**
             * @description The description of the item; null if it has none
             * @example Short and strong
             */
            description?: string | null;
            /**
             * @description In minor units of the currency
             * @example 380
             */
            price_minor: number;
            /**
             * @description The currency, as a code of ISO 4217
             * @example EUR
             */
            currency: string;
            /**
             * @description The category of the item; null if it has none
             * @example Drinks
             */
            category?: string | null;
            /**
             * @description Where a site shows the item; those without one come last
             * @example 10
             */
            position?: number | null;
            /**
             * @description Whether the item can be ordered at all. Default: `true`
             * @example true
             */
            available?: boolean;
        };
        /**
         * NewOrder
         * @description The body of an order. The server reads every price; an expected total guards against a stale page.
         *
         *     An order without `fulfilment` is picked up.
         */
        NewOrder: {
            /** @description Who orders, and how to reach them */
            customer: components["schemas"]["Customer"];
            /** @description The items of the order */
            lines: components["schemas"]["OrderedLine"][];
            /**
             * @description How the order comes to its customer. Default: `{"type": "pickup"}`
             * @example {
             *       "type": "table",
             *       "table": "7"
             *     }
             */
            fulfilment?: components["schemas"]["Fulfilment"];
            /**
             * @description The customer's note; null if there is none
             * @example No onions, please
             */
            note?: string | null;
            /**
             * @description The total that the customer saw. If it differs the order is a 409
             * @example 760
             */
            expected_total_minor?: number | null;
        };
        /**
         * NewPicture
         * @description The body of a request for a form: what the picture will be, and its size in bytes.
         */
        NewPicture: {
            /**
             * @description The media type of the picture
             * @example image/jpeg
             * @enum {string}
             */
            media_type: "image/jpeg" | "image/png" | "image/webp";
            /**
             * @description In bytes
             * @example 48213
             */
            size: number;
        };
        /**
         * NewWebhook
         * @description The body of a new webhook: where to send, and which kinds of events; all of them if that is left out.
         */
        NewWebhook: {
            /**
             * Format: uri
             * @description An https URL of a public server
             * @example https://example.com/hooks
             */
            url: string;
            /**
             * @description The kinds of events, or patterns; null for all
             * @example [
             *       "order.*"
             *     ]
             */
            kinds?: string[] | null;
            /**
             * @description What the webhook is for
             * @example Kitchen printer
             */
            description?: string | null;
        };
        /**
         * NoDetails
         * @description The body of a step without details: no body, or an empty object.
         */
        NoDetails: Record<string, never>;
        /**
         * NotAcceptingOrdersProblem
         * @description The business takes no orders at present.
         */
        NotAcceptingOrdersProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 409;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "not_accepting_orders";
        };
        /**
         * NotFoundProblem
         * @description There is no such thing, or not for this caller.
         */
        NotFoundProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 404;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "not_found";
        };
        /**
         * Order
         * @description An order; money is in minor units of `currency`, times are RFC 3339.
         *
         *     `number` counts the orders of a business's `day`, from 1, by its own calendar. Orders that older versions placed have neither, and are picked up. `reason` is why it was rejected or cancelled, `ready_at` when the business means to have it ready. At `erased_at` all that it held about its customer was removed: the name and the address are then `—`, and `phone`, `email`, `reason` and all notes are gone.
         */
        Order: {
            /**
             * @description The id of the order
             * @example 01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55
             */
            order_id: string;
            /**
             * @description The id of the business
             * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
             */
            business_id: string;
            /**
             * @description Counts the orders of the business's day, from 1; null for orders of former versions
             * @example 12
             */
            number: number | null;
            /**
             * @description The day of the order by the calendar of the business; null like `number`
             * @example 2026-11-21
             */
            day: string | null;
            /**
             * @description Where the order stands
             * @example received
             */
            status: components["schemas"]["OrderStatus"];
            /** @description Who orders, and how to reach them */
            customer: components["schemas"]["Customer"];
            /**
             * @description How the order comes to its customer
             * @example {
             *       "type": "table",
             *       "table": "7"
             *     }
             */
            fulfilment: components["schemas"]["Fulfilment"];
            /** @description The items of the order */
            lines: components["schemas"]["Line"][];
            /**
             * @description The currency, as a code of ISO 4217
             * @example EUR
             */
            currency: string;
            /**
             * @description The total, in minor units of the currency
             * @example 760
             */
            total_minor: number;
            /**
             * @description The customer's note; null if there is none
             * @example No onions, please
             */
            note: string | null;
            /**
             * @description Why the order was rejected or cancelled; null if that is not said
             * @example null
             */
            reason: string | null;
            /**
             * @description When the business means to have the order ready; null if that is not said
             * @example null
             */
            ready_at: string | null;
            /**
             * Format: date-time
             * @description When it was created
             * @example 2026-11-21T12:00:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description Until when the business can accept the order; then it expires
             * @example 2026-11-21T12:00:00.000Z
             */
            accept_until: string;
            /**
             * @description When the customer's data was removed; null if it was not
             * @example null
             */
            erased_at: string | null;
            /**
             * @description Counts the changes, from 1. The `ETag` has the same number
             * @example 1
             */
            version: number;
            /** @description Every status that the order has had, with the present one last */
            history: components["schemas"]["StatusChange"][];
        };
        /**
         * OrderEvent
         * @description An order has a new status.
         */
        OrderEvent: {
            /**
             * @description The kind of event
             * @enum {string}
             */
            type: "order.accepted" | "order.cancelled" | "order.completed" | "order.delivered" | "order.expired" | "order.out_for_delivery" | "order.preparing" | "order.ready" | "order.received" | "order.rejected";
            /**
             * Format: date-time
             * @description When it happened
             * @example 2026-11-21T12:00:00.000Z
             */
            timestamp: string;
            /** @description What happened */
            data: components["schemas"]["OrderEventData"];
        };
        /**
         * OrderEventData
         * @description An order as its event tells of it, without anything of its customer.
         */
        OrderEventData: {
            /**
             * @description The id of the business
             * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
             */
            business_id: string;
            /**
             * @description The number of the event in the feed of the business, which has no gap
             * @example 42
             */
            seq: number;
            /**
             * @description The id of what the event is about, such as the order
             * @example 01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55
             */
            subject: string;
            /**
             * @description Where the order stands
             * @example received
             */
            status: components["schemas"]["OrderStatus"];
            /**
             * @description Counts the orders of the business's day, from 1; null for orders of former versions
             * @example 12
             */
            number?: number;
            /**
             * Format: date
             * @description The day of the order by the calendar of the business; null like `number`
             * @example 2026-11-21
             */
            day?: string;
            /**
             * @description The total, in minor units of the currency
             * @example 760
             */
            total_minor: number;
            /**
             * @description The currency, as a code of ISO 4217
             * @example EUR
             */
            currency: string;
            /** @description How the order comes to its customer */
            fulfilment: components["schemas"]["FulfilmentType"];
            /** @description Who did it */
            by?: components["schemas"]["Party"];
            /**
             * @description Why the order was rejected or cancelled; null if that is not said
             * @example Sold out for today
             */
            reason?: string;
            /**
             * Format: date-time
             * @description When the business means to have the order ready; null if that is not said
             * @example 2026-11-21T12:00:00.000Z
             */
            ready_at?: string;
        };
        /**
         * OrderList
         * @description A page of orders, newest first; `next` is the cursor of the page after it.
         */
        OrderList: {
            /** @description The orders of this page, newest first */
            orders: components["schemas"]["Order"][];
            /**
             * @description The cursor of the next page; null on the last page
             * @example eyJhIjoxfQ
             */
            next: string | null;
        };
        /**
         * OrderStatus
         * @description Where an order stands in its life cycle
         * @enum {string}
         */
        OrderStatus: "accepted" | "cancelled" | "completed" | "delivered" | "expired" | "out_for_delivery" | "preparing" | "ready" | "received" | "rejected";
        /**
         * OrderedLine
         * @description An item, its quantity and a note. The notes of all lines have at most 3,000 characters together.
         */
        OrderedLine: {
            /**
             * @description The id of the item
             * @example 01a1fd5b-c902-769f-b75d-8c384dcdd668
             */
            item_id: string;
            /**
             * @description How many of the item
             * @example 2
             */
            quantity: number;
            /**
             * @description A note about this line
             * @example Without sugar
             */
            note?: string | null;
        };
        /**
         * OrdersOpenProblem
         * @description The business has orders that are not done with.
         */
        OrdersOpenProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 409;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "orders_open";
        };
        /**
         * OutOfTurnProblem
         * @description The order is in a state in which this cannot be done; the present one stands beside.
         */
        OutOfTurnProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 409;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "out_of_turn";
            /**
             * @description The present status of the order
             * @example accepted
             */
            order_status: string;
        };
        /**
         * OwnBusiness
         * @description All of a business, for its owner, and whether it takes orders now: `open_now` and when that changes next.
         *
         *     `opens_at` is null if that is more than 60 days ahead, `closes_at` if it is more than 7 days ahead, and both if it is up to the owner.
         */
        OwnBusiness: {
            /**
             * @description The id of the business
             * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
             */
            business_id: string;
            /**
             * @description The name of the business
             * @example Test Business
             */
            business_name: string;
            /**
             * Format: email
             * @description The email address
             * @example shop@example.com
             */
            email: string;
            /**
             * @description The phone number, in E.164 form
             * @example +14155550123
             */
            phone: string;
            /**
             * @description The address: a text, or an object of parts
             * @example 123 Test St
             */
            address: components["schemas"]["ShownAddress"];
            /**
             * @description The identity that owns the business
             * @example 01a1fd46-2f0c-7d4b-9c1e-5a0f9b6d7c11
             */
            cognito_user_id: string;
            /**
             * @description The name of the owner; null if that is not said
             * @example Ann Example
             */
            owner_name: string | null;
            /** @description What kind of business it is; null if that is not said */
            business_type: components["schemas"]["BusinessType"] | null;
            /**
             * @description Whether the owner takes orders at all
             * @example true
             */
            accepting_orders: boolean;
            /**
             * @description The time zone of the opening hours, from the IANA database
             * @example Europe/Berlin
             */
            time_zone: string;
            /** @description The hours of each week; null if the business has none, and is open on every other day */
            opening_hours: components["schemas"]["WeeklyHours"] | null;
            /** @description The hours of single dates, instead of those of the week */
            special_hours: components["schemas"]["SpecialDay"][];
            /**
             * @description The end of the pause; null if the business makes none
             * @example 2026-11-21T12:00:00.000Z
             */
            paused_until: string | null;
            /**
             * @description How many minutes orders usually take; null if that is not said
             * @example 20
             */
            prepare_minutes: number | null;
            /**
             * @description The contact data that everybody may see
             * @example [
             *       "phone"
             *     ]
             */
            public_contact: components["schemas"]["ContactField"][];
            /** @description Where the business is; null if that is not said */
            location: components["schemas"]["Location"] | null;
            /**
             * @description Whether the owner gets a mail for each new order
             * @example true
             */
            order_emails: boolean;
            /**
             * @description Whether the owner gets a mail about each week's traffic
             * @example false
             */
            traffic_emails: boolean;
            /**
             * @description The language of the mails to the owner and the customers
             * @example en
             */
            mail_language: components["schemas"]["MailLanguage"];
            /**
             * @description The origin of the business's site, whose pages may send hits for it; null if there is none
             * @example https://shop.example
             */
            site: string | null;
            /**
             * Format: date-time
             * @description When it was created
             * @example 2026-11-21T12:00:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it was last changed
             * @example 2026-11-21T12:00:00.000Z
             */
            updated_at: string;
            /**
             * @description Counts the changes, from 1. The `ETag` has the same number
             * @example 1
             */
            version: number;
            /**
             * @description Whether the business takes orders now
             * @example true
             */
            open_now: boolean;
            /**
             * @description When the business opens next; null if that is not known
             * @example 2026-11-21T12:00:00.000Z
             */
            opens_at: string | null;
            /**
             * @description When the business closes next; null if that is not known
             * @example 2026-11-21T12:00:00.000Z
             */
            closes_at: string | null;
        };
        /**
         * OwnsBusinessProblem
         * @description The account owns a business, which must be deleted first.
         */
        OwnsBusinessProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 409;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "owns_business";
        };
        /**
         * Party
         * @description Who changes an order. The system lets it expire
         * @enum {string}
         */
        Party: "business" | "customer" | "system";
        /**
         * PasswordChange
         * @description The body of a change of password.
         */
        PasswordChange: {
            /**
             * @description The present password
             * @example correct horse battery
             */
            current_password: string;
            /**
             * @description 12 to 128 characters, spaces and all; only a salted hash of their form NFC is stored
             * @example correct horse battery
             */
            new_password: string;
        };
        /**
         * PasswordReset
         * @description The body of a reset, with the token of a mail or of an operator's link.
         */
        PasswordReset: {
            /**
             * @description The token from the link of a mail, good for one use
             * @example MDFhMWZkNDYtNWY3ZC03ZjE2.1795262400.q2fJ0kQx
             */
            token: string;
            /**
             * @description 12 to 128 characters, spaces and all; only a salted hash of their form NFC is stored
             * @example correct horse battery
             */
            new_password: string;
        };
        /**
         * PausedProblem
         * @description The business takes no orders before `paused_until`. `opens_at` is when it is open after that, as in `closed`.
         */
        PausedProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 409;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "paused";
            /**
             * Format: date-time
             * @description When the pause of the business ends
             * @example 2026-11-21T12:00:00.000Z
             */
            paused_until: string;
            /**
             * Format: date-time
             * @description When the business opens next
             * @example 2026-11-21T12:00:00.000Z
             */
            opens_at?: string;
        };
        /**
         * Pickup
         * @description The customer picks the order up.
         */
        Pickup: {
            /**
             * @description The type of fulfilment
             * @constant
             */
            type: "pickup";
        };
        /**
         * PictureMissingProblem
         * @description There is no such picture of this item, or it can no longer be given to the item.
         */
        PictureMissingProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 422;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "picture_missing";
        };
        /**
         * PictureUpload
         * @description A form for one picture, the picture's name, and until when the form is good, as RFC 3339.
         */
        PictureUpload: {
            /** @description The form that takes the picture */
            upload: components["schemas"]["UploadForm"];
            /**
             * @description The name of the picture, to be given to the item afterwards
             * @example 01a1fd5b-c902-769f-b75d-8c384dcdd668/01a1fd5c-0d31-7c58-a0a4-5d3f7f1f6f10.jpg
             */
            picture: string;
            /**
             * Format: date-time
             * @description Until when the form is good
             * @example 2026-11-21T12:00:00.000Z
             */
            expires_at: string;
        };
        /**
         * PicturesNotConfiguredProblem
         * @description This stage keeps no pictures: no bucket is set.
         */
        PicturesNotConfiguredProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 409;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "pictures_not_configured";
        };
        /**
         * PlacedOrder
         * @description The answer to an order, with the token by which its customer comes back to it.
         */
        PlacedOrder: {
            /**
             * @description The id of the order
             * @example 01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55
             */
            order_id: string;
            /**
             * @description The id of the business
             * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
             */
            business_id: string;
            /**
             * @description Counts the orders of the business's day, from 1; null for orders of former versions
             * @example 12
             */
            number: number | null;
            /**
             * @description The day of the order by the calendar of the business; null like `number`
             * @example 2026-11-21
             */
            day: string | null;
            /**
             * @description Where the order stands
             * @example received
             */
            status: components["schemas"]["OrderStatus"];
            /** @description Who orders, and how to reach them */
            customer: components["schemas"]["Customer"];
            /**
             * @description How the order comes to its customer
             * @example {
             *       "type": "table",
             *       "table": "7"
             *     }
             */
            fulfilment: components["schemas"]["Fulfilment"];
            /** @description The items of the order */
            lines: components["schemas"]["Line"][];
            /**
             * @description The currency, as a code of ISO 4217
             * @example EUR
             */
            currency: string;
            /**
             * @description The total, in minor units of the currency
             * @example 760
             */
            total_minor: number;
            /**
             * @description The customer's note; null if there is none
             * @example No onions, please
             */
            note: string | null;
            /**
             * @description Why the order was rejected or cancelled; null if that is not said
             * @example null
             */
            reason: string | null;
            /**
             * @description When the business means to have the order ready; null if that is not said
             * @example null
             */
            ready_at: string | null;
            /**
             * Format: date-time
             * @description When it was created
             * @example 2026-11-21T12:00:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description Until when the business can accept the order; then it expires
             * @example 2026-11-21T12:00:00.000Z
             */
            accept_until: string;
            /**
             * @description When the customer's data was removed; null if it was not
             * @example null
             */
            erased_at: string | null;
            /**
             * @description Counts the changes, from 1. The `ETag` has the same number
             * @example 1
             */
            version: number;
            /** @description Every status that the order has had, with the present one last */
            history: components["schemas"]["StatusChange"][];
            /**
             * @description The token of the customer, for the header `Order-Token`. Only this response has it
             * @example MDFhMWZkNWQ.c2lnbmF0dXJl
             */
            order_token: string;
        };
        /**
         * Point
         * @description What was counted in an hour, a day or a month; `at` is like `2026-11-21T08`, `2026-11-21` or `2026-11`.
         *
         *     The uniques of an hour are those whose first view of the day was in it.
         */
        Point: {
            /**
             * @description Views of people
             * @example 1042
             */
            views: number;
            /**
             * @description Different visitors; null where they are not known
             * @example 610
             */
            uniques: number | null;
            /**
             * @description The sum of the different visitors of each day
             * @example 702
             */
            daily_uniques: number;
            /**
             * @description Views of bots, which are not among the views of people
             * @example 96
             */
            bots: number;
            /**
             * @description The hour, the day or the month
             * @example 2026-11-21
             */
            at: string;
        };
        /**
         * PreconditionFailedProblem
         * @description The resource is not in the version that `If-Match` names.
         */
        PreconditionFailedProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 412;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "precondition_failed";
        };
        /**
         * PreconditionRequiredProblem
         * @description The request must say with `If-Match` which version it means.
         */
        PreconditionRequiredProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 428;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "precondition_required";
        };
        /**
         * Problem
         * @description An error as RFC 9457 describes it, with a stable `code` and the id under which the log has the rest.
         */
        Problem: {
            /**
             * @description The name of the status
             * @example Not Found
             */
            title: string;
            /**
             * @description What went wrong, for people
             * @example There is no such item.
             */
            detail: string;
            /**
             * Format: uuid
             * @description The id of this request, under which the log has the cause
             * @example 0ac4bb3c-33ba-4cf1-9d5b-5b5a3e0f4a7e
             */
            requestId: string;
        };
        /**
         * PublicBusiness
         * @description What anyone may see of a business, and whether it takes orders now: `open_now` and when that changes next.
         *
         *     Contact data is there as far as its owner shows it. `opens_at` is null if that is more than 60 days ahead, `closes_at` if it is more than 7 days ahead, and both if it is up to the owner.
         */
        PublicBusiness: {
            /**
             * @description The id of the business
             * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
             */
            business_id: string;
            /**
             * @description The name of the business
             * @example Test Business
             */
            business_name: string;
            /** @description What kind of business it is; null if that is not said */
            business_type: components["schemas"]["BusinessType"] | null;
            /**
             * @description Whether the owner takes orders at all
             * @example true
             */
            accepting_orders: boolean;
            /**
             * @description The time zone of the opening hours, from the IANA database
             * @example Europe/Berlin
             */
            time_zone: string;
            /** @description The hours of each week; null if the business has none, and is open on every other day */
            opening_hours: components["schemas"]["WeeklyHours"] | null;
            /** @description The hours of single dates, instead of those of the week */
            special_hours: components["schemas"]["SpecialDay"][];
            /**
             * @description The end of the pause; null if the business makes none
             * @example 2026-11-21T12:00:00.000Z
             */
            paused_until: string | null;
            /**
             * @description Whether the business takes orders now
             * @example true
             */
            open_now: boolean;
            /**
             * @description When the business opens next; null if that is not known
             * @example 2026-11-21T12:00:00.000Z
             */
            opens_at: string | null;
            /**
             * @description When the business closes next; null if that is not known
             * @example 2026-11-21T12:00:00.000Z
             */
            closes_at: string | null;
            /** @description Where the business is; null if that is not said */
            location: components["schemas"]["Location"] | null;
            /**
             * @description The phone number, in E.164 form
             * @example +14155550123
             */
            phone?: string;
            /**
             * Format: email
             * @description The email address
             * @example shop@example.com
             */
            email?: string;
            /**
             * @description The address: a text, or an object of parts
             * @example 123 Test St
             */
            address?: components["schemas"]["ShownAddress"];
        };
        /**
         * Ranking
         * @description The names of a dimension that were counted most, the count of all others, and the sum.
         */
        Ranking: {
            /**
             * @description What the names are names of
             * @example pages
             */
            dimension: components["schemas"]["DimensionName"];
            /** @description The names that were counted most, in order */
            names: components["schemas"]["Counted"][];
            /**
             * @description The count of all other names
             * @example 17
             */
            other: number;
            /**
             * @description The sum of all counts
             * @example 1042
             */
            total: number;
        };
        /**
         * RateLimitedProblem
         * @description The client sent more requests than a rate limit allows. This one was not executed.
         */
        RateLimitedProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 429;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "rate_limited";
        };
        /**
         * Refresh
         * @description The body of a refresh or a logout.
         */
        Refresh: {
            /**
             * @description The token that continues the session, good for one use
             * @example MDFhMWZkNDYtNWY3ZC03ZjE2.1795262400.q2fJ0kQx
             */
            refresh_token: string;
        };
        /**
         * Refusal
         * @description The body of a step that ends an order: why.
         */
        Refusal: {
            /**
             * @description Why the order was rejected or cancelled; null if that is not said
             * @example Sold out for today
             */
            reason?: string | null;
        };
        /**
         * Registered
         * @description The answer to a registration.
         */
        Registered: {
            /**
             * @description The id of the business
             * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
             */
            business_id: string;
            /**
             * @description The name of the business
             * @example Test Business
             */
            business_name: string;
            /**
             * Format: email
             * @description The email address
             * @example shop@example.com
             */
            email: string;
            /**
             * @description The phone number, in E.164 form
             * @example +14155550123
             */
            phone: string;
            /**
             * @description The address: a text, or an object of parts
             * @example 123 Test St
             */
            address: components["schemas"]["ShownAddress"];
            /**
             * @description The identity that owns the business
             * @example 01a1fd46-2f0c-7d4b-9c1e-5a0f9b6d7c11
             */
            cognito_user_id: string;
            /**
             * @description The name of the owner; null if that is not said
             * @example Ann Example
             */
            owner_name: string | null;
            /** @description What kind of business it is; null if that is not said */
            business_type: components["schemas"]["BusinessType"] | null;
            /**
             * @description Whether the owner takes orders at all
             * @example true
             */
            accepting_orders: boolean;
            /**
             * @description The time zone of the opening hours, from the IANA database
             * @example Europe/Berlin
             */
            time_zone: string;
            /** @description The hours of each week; null if the business has none, and is open on every other day */
            opening_hours: components["schemas"]["WeeklyHours"] | null;
            /** @description The hours of single dates, instead of those of the week */
            special_hours: components["schemas"]["SpecialDay"][];
            /**
             * @description The end of the pause; null if the business makes none
             * @example 2026-11-21T12:00:00.000Z
             */
            paused_until: string | null;
            /**
             * @description How many minutes orders usually take; null if that is not said
             * @example 20
             */
            prepare_minutes: number | null;
            /**
             * @description The contact data that everybody may see
             * @example [
             *       "phone"
             *     ]
             */
            public_contact: components["schemas"]["ContactField"][];
            /** @description Where the business is; null if that is not said */
            location: components["schemas"]["Location"] | null;
            /**
             * @description Whether the owner gets a mail for each new order
             * @example true
             */
            order_emails: boolean;
            /**
             * @description Whether the owner gets a mail about each week's traffic
             * @example false
             */
            traffic_emails: boolean;
            /**
             * @description The language of the mails to the owner and the customers
             * @example en
             */
            mail_language: components["schemas"]["MailLanguage"];
            /**
             * @description The origin of the business's site, whose pages may send hits for it; null if there is none
             * @example https://shop.example
             */
            site: string | null;
            /**
             * Format: date-time
             * @description When it was created
             * @example 2026-11-21T12:00:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it was last changed
             * @example 2026-11-21T12:00:00.000Z
             */
            updated_at: string;
            /**
             * @description Counts the changes, from 1. The `ETag` has the same number
             * @example 1
             */
            version: number;
            /**
             * @description A sentence for people
             * @constant
             */
            message: "Business registered successfully";
        };
        /**
         * Registration
         * @description The body of a registration.
         *
         *     `cognito_user_id` is the identity that will own the business. The founding order receiver's app calls the phone `phone_number` and sends the address in parts.
         */
        Registration: {
            /**
             * @description The name of the business
             * @example Test Business
             */
            business_name: string;
            /**
             * Format: email
             * @description Compared without case, and kept in lower case
             * @example test@example.com
             */
            email: string;
            /**
             * @description May be called `phone_number` as well
             * @example +1234567890
             */
            phone: string;
            /**
             * @description A text, or an object of parts
             * @example 123 Test St
             * @example {
             *       "street": "123 Test St",
             *       "city": "Testville"
             *     }
             */
            address: components["schemas"]["Address"];
            /**
             * @description The identity that will own the business; may be left out with its access token
             * @example test-user-123
             */
            cognito_user_id?: string;
            /**
             * @description The name of the owner; null if that is not said
             * @example Ann Example
             */
            owner_name?: string | null;
            /** @description What kind of business it is; null if that is not said */
            business_type?: components["schemas"]["BusinessType"] | null;
        };
        /**
         * RegistrationClosedProblem
         * @description Nobody can make an account here, and the request has no invitation.
         */
        RegistrationClosedProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 403;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "registration_closed";
        };
        /**
         * Replay
         * @description The body of a replay: the number of the first event to send again.
         */
        Replay: {
            /**
             * @description The number of the first event to send again
             * @example 42
             */
            from: number;
        };
        /**
         * RequestTimeoutProblem
         * @description The request was not complete in time.
         */
        RequestTimeoutProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 408;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "request_timeout";
        };
        /**
         * ResetRequest
         * @description The body of a request for a reset mail.
         */
        ResetRequest: {
            /**
             * Format: email
             * @description Compared without case, and kept in lower case
             * @example test@example.com
             */
            email: string;
        };
        /**
         * Role
         * @description What an account may do
         * @enum {string}
         */
        Role: "admin" | "user";
        /**
         * ServerBusyProblem
         * @description Too much work of this kind is waiting. The request was not begun.
         */
        ServerBusyProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 503;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "server_busy";
        };
        /**
         * ServiceUnavailableProblem
         * @description The request cannot be served now. Nothing was lost, and the same request may succeed soon.
         */
        ServiceUnavailableProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 503;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "service_unavailable";
        };
        /**
         * ShownAddress
         * @description An address: a text, or an object of parts, as it was given
         */
        ShownAddress: string | components["schemas"]["Texts"];
        /**
         * SignIn
         * @description The body of a login.
         */
        SignIn: {
            /**
             * Format: email
             * @description Compared without case, and kept in lower case
             * @example test@example.com
             */
            email: string;
            /**
             * @description The password of the account
             * @example correct horse battery
             */
            password: string;
        };
        /**
         * Span
         * @description When a business opens and closes. If it does not close later than it opens, it closes on the next day.
         */
        Span: {
            /**
             * @description Hours and minutes as the clocks of the time zone show them
             * @example 11:30
             */
            opens: string;
            /**
             * @description Hours and minutes as the clocks of the time zone show them
             * @example 11:30
             */
            closes: string;
        };
        /**
         * SpecialDay
         * @description The hours of one date, instead of those of its day of the week. Without a span the business is closed.
         */
        SpecialDay: {
            /**
             * Format: date
             * @description The date, in the time zone of the business
             * @example 2026-12-24
             */
            date: string;
            /**
             * @description The spans of this date; none if the business is closed
             * @example [
             *       {
             *         "opens": "11:30",
             *         "closes": "22:00"
             *       }
             *     ]
             */
            hours: components["schemas"]["Span"][];
            /**
             * @description Why the hours are special; null if that is not said
             * @example Christmas Eve
             */
            note: string | null;
        };
        /**
         * SpecialDayInput
         * @description The hours of one date, instead of those of its day of the week. Without a span the business is closed.
         */
        SpecialDayInput: {
            /**
             * Format: date
             * @description The date, in the time zone of the business
             * @example 2026-12-24
             */
            date: string;
            /**
             * @description The spans of this date; none if the business is closed
             * @example [
             *       {
             *         "opens": "11:30",
             *         "closes": "22:00"
             *       }
             *     ]
             */
            hours: components["schemas"]["Span"][];
            /**
             * @description Why the hours are special; null if that is not said
             * @example Christmas Eve
             */
            note?: string | null;
        };
        /**
         * StatusChange
         * @description One entry of an order's history: what it became, when, and by whom.
         */
        StatusChange: {
            /**
             * @description The status that the order got
             * @example received
             */
            status: components["schemas"]["OrderStatus"];
            /**
             * Format: date-time
             * @description When it got it
             * @example 2026-11-21T12:00:00.000Z
             */
            at: string;
            /**
             * @description Who did it
             * @example customer
             */
            by: components["schemas"]["Party"];
        };
        /**
         * Step
         * @description The views of five minutes, which begin `at` a time of the site.
         */
        Step: {
            /**
             * @description When the five minutes begin, at the site
             * @example 08:55
             */
            at: string;
            /**
             * @description Views of people
             * @example 7
             */
            views: number;
        };
        /**
         * TableHealth
         * @description One table, by its logical name. `latency_ms` is the duration of its probe, absent if it was not probed.
         */
        TableHealth: {
            /**
             * @description The table, by its logical name
             * @example orders
             */
            table: string;
            /**
             * @description What the probe found
             * @example connected
             */
            status: components["schemas"]["TableStatus"];
            /**
             * @description How long the probe took, in milliseconds; null if the table was not probed
             * @example 1.8
             */
            latency_ms: number | null;
        };
        /**
         * TableService
         * @description The order is brought to a table of the business, by the table's name or number.
         */
        TableService: {
            /**
             * @description The type of fulfilment
             * @constant
             */
            type: "table";
            /**
             * @description The name or the number of the table
             * @example 7
             */
            table: string;
        };
        /**
         * TableStatus
         * @description What a probe of a table found
         * @enum {string}
         */
        TableStatus: "connected" | "denied" | "missing" | "not_probed" | "unreachable";
        /**
         * TargetTooLongProblem
         * @description The path and the query are longer than the server takes (RFC 9110, section 15.5.15).
         */
        TargetTooLongProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 414;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "target_too_long";
        };
        /**
         * TestEvent
         * @description A test of a webhook, which is in no feed.
         */
        TestEvent: {
            /**
             * @description The kind of event
             * @constant
             */
            type: "webhook.test";
            /**
             * Format: date-time
             * @description When it happened
             * @example 2026-11-21T12:00:00.000Z
             */
            timestamp: string;
            /** @description What happened */
            data: components["schemas"]["TestEventData"];
        };
        /**
         * TestEventData
         * @description Which webhook is tested.
         */
        TestEventData: {
            /**
             * @description The id of the business
             * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
             */
            business_id: string;
            /**
             * @description The id of the webhook
             * @example 01a1fd5e-7b1c-7d0e-9a44-0f6a5b4c3d22
             */
            webhook_id: string;
        };
        /**
         * Texts
         * @description Texts by name
         */
        Texts: {
            [key: string]: string;
        };
        /**
         * Timing
         * @description The body of a step towards a ready order: when it will be, as a moment or in minutes from now.
         */
        Timing: {
            /**
             * @description When the order will be ready, within the next 30 days
             * @example 2026-11-21T12:00:00.000Z
             */
            ready_at?: string | null;
            /**
             * @description In how many minutes the order will be ready, instead of `ready_at`
             * @example 20
             */
            prepare_minutes?: number | null;
        };
        /**
         * Tokens
         * @description What a login or a refresh gives; `expires_in` are seconds of the access token.
         */
        Tokens: {
            /**
             * @description The bearer token of requests, in the header `Authorization`
             * @example eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIwMWExZmQ0NiJ9.c2lnbmF0dXJl
             */
            access_token: string;
            /**
             * @description How the access token is sent
             * @constant
             */
            token_type: "bearer";
            /**
             * @description For how many seconds the access token is valid
             * @example 900
             */
            expires_in: number;
            /**
             * @description The token that continues the session, good for one use
             * @example MDFhMWZkNDYtNWY3ZC03ZjE2.1795262400.q2fJ0kQx
             */
            refresh_token: string;
        };
        /**
         * TooManyAttemptsProblem
         * @description There were too many attempts to sign in.
         */
        TooManyAttemptsProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 429;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "too_many_attempts";
        };
        /**
         * TooManyItemsProblem
         * @description The business has as many items as it may.
         */
        TooManyItemsProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 409;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "too_many_items";
        };
        /**
         * TooManyPicturesProblem
         * @description The business already has as many items with pictures as it may have.
         */
        TooManyPicturesProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 409;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "too_many_pictures";
        };
        /**
         * TooManyWebhooksProblem
         * @description The business already has as many webhooks as it may have.
         */
        TooManyWebhooksProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 409;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "too_many_webhooks";
        };
        /**
         * TotalDiffersProblem
         * @description The total is another than the customer expects; the true one stands beside.
         */
        TotalDiffersProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 409;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "total_differs";
            /**
             * @description The true total, in minor units of the currency
             * @example 760
             */
            total_minor: number;
        };
        /**
         * TotalTooLargeProblem
         * @description The total is beyond what can be written exactly.
         */
        TotalTooLargeProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 422;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "total_too_large";
        };
        /**
         * Totals
         * @description What was counted in a time: `views` of people, and those of `bots`, which are not among them.
         *
         *     `uniques` are different visitors: exact for one day, an estimate (within about 6 %) for one month, and null for any other time or where they are not known. `daily_uniques` is the sum of those of each day, in which who came on two days counts twice.
         */
        Totals: {
            /**
             * @description Views of people
             * @example 1042
             */
            views: number;
            /**
             * @description Different visitors; null where they are not known
             * @example 610
             */
            uniques: number | null;
            /**
             * @description The sum of the different visitors of each day
             * @example 702
             */
            daily_uniques: number;
            /**
             * @description Views of bots, which are not among the views of people
             * @example 96
             */
            bots: number;
        };
        /**
         * Traffic
         * @description The traffic of a site in a period, and in each hour, day or month of it. Dates are of the `time_zone`.
         *
         *     `before` is null if its days are not kept any more, and so is `change` then.
         */
        Traffic: {
            /**
             * @description The site
             * @example shop.example
             */
            site: string;
            /**
             * @description The time zone of the opening hours, from the IANA database
             * @example Europe/Berlin
             */
            time_zone: string;
            /**
             * @description The first date
             * @example 2026-11-01
             */
            from: string;
            /**
             * @description The last date
             * @example 2026-11-28
             */
            to: string;
            /**
             * @description How long the parts of the series are
             * @example day
             */
            by: components["schemas"]["TrafficUnit"];
            /** @description What was counted in the whole period */
            totals: components["schemas"]["Totals"];
            /** @description The period before; null if its days are no longer kept */
            before: components["schemas"]["Before"] | null;
            /** @description The change since the period before; null if that is no longer kept */
            change: components["schemas"]["Change"] | null;
            /** @description What was counted in each hour, day or month */
            series: components["schemas"]["Point"][];
        };
        /**
         * TrafficDimensions
         * @description What was counted most in each dimension.
         */
        TrafficDimensions: {
            /**
             * @description The site
             * @example shop.example
             */
            site: string;
            /**
             * @description The first date
             * @example 2026-11-01
             */
            from: string;
            /**
             * @description The last date
             * @example 2026-11-28
             */
            to: string;
            /** @description What was counted most in each dimension */
            dimensions: components["schemas"]["Ranking"][];
        };
        /**
         * TrafficNames
         * @description The names of a dimension that were counted most, in order.
         *
         *     `other` is the count of all other names: those beyond the limit, and those that had no room where they were counted. `total` is the sum.
         */
        TrafficNames: {
            /**
             * @description The site
             * @example shop.example
             */
            site: string;
            /**
             * @description The first date
             * @example 2026-11-01
             */
            from: string;
            /**
             * @description The last date
             * @example 2026-11-28
             */
            to: string;
            /**
             * @description What the names are names of
             * @example pages
             */
            dimension: components["schemas"]["DimensionName"];
            /** @description The names that were counted most, in order */
            names: components["schemas"]["Counted"][];
            /**
             * @description The count of all other names
             * @example 17
             */
            other: number;
            /**
             * @description The sum of all counts
             * @example 1042
             */
            total: number;
        };
        /**
         * TrafficShare
         * @description A link that shares a site's traffic: the `token` for `Traffic-Share` or `share`, and the `path` of its page.
         */
        TrafficShare: {
            /**
             * @description The site
             * @example shop.example
             */
            site: string;
            /**
             * @description The token, for `Traffic-Share` or `share`
             * @example c2hvcC5leGFtcGxl.8f0c.q0J3
             */
            token: string;
            /**
             * @description The path of the page that the link opens
             * @example /traffic?share=c2hvcC5leGFtcGxl.8f0c.q0J3
             */
            path: string;
        };
        /**
         * TrafficSite
         * @description A site: its name for `site`, how people call it, and its time zone.
         */
        TrafficSite: {
            /**
             * @description The name for the parameter `site`
             * @example shop.example
             */
            site: string;
            /**
             * @description How people call it
             * @example shop.example
             */
            name: string;
            /**
             * @description The time zone of the opening hours, from the IANA database
             * @example Europe/Berlin
             */
            time_zone: string;
        };
        /**
         * TrafficSites
         * @description The sites that the caller may read, the own business first.
         */
        TrafficSites: {
            /** @description The sites, the own business first */
            sites: components["schemas"]["TrafficSite"][];
        };
        /**
         * TrafficUnit
         * @description How long the parts of a series are
         * @enum {string}
         */
        TrafficUnit: "day" | "hour" | "month";
        /**
         * UnauthenticatedProblem
         * @description The caller is not who the endpoint needs, or does not say who they are.
         */
        UnauthenticatedProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 401;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "unauthenticated";
        };
        /**
         * UnknownSiteProblem
         * @description The page that sent the hit is of no site whose hits are counted here.
         */
        UnknownSiteProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 403;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "unknown_site";
        };
        /**
         * UnknownTimeZoneProblem
         * @description There is no time zone of this name.
         */
        UnknownTimeZoneProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 422;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "unknown_time_zone";
        };
        /**
         * UnsupportedMediaTypeProblem
         * @description The body is not announced as JSON.
         */
        UnsupportedMediaTypeProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 415;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "unsupported_media_type";
        };
        /**
         * UploadForm
         * @description A form for one picture: the client posts `fields` and then the file, as `file`, in multipart/form-data.
         */
        UploadForm: {
            /**
             * Format: uri-reference
             * @description Where the form is posted
             * @example /pictures?form=c2VhbA
             */
            url: string;
            /**
             * @description The fields of the form, to be posted before the file
             * @example {
             *       "key": "01a1fd5b-c902-769f-b75d-8c384dcdd668/01a1fd5c-0d31-7c58-a0a4-5d3f7f1f6f10.jpg"
             *     }
             */
            fields: components["schemas"]["Texts"];
        };
        /**
         * User
         * @description A user as oneself and admins see it; times are RFC 3339, `version` counts changes.
         *
         *     `email_confirmed_at` is when the user confirmed this address with the token of a mail, null if not yet.
         */
        User: {
            /**
             * @description The id of the account
             * @example 01a1fd46-2f0c-7d4b-9c1e-5a0f9b6d7c11
             */
            user_id: string;
            /**
             * Format: email
             * @description The email address, in lower case
             * @example ann@example.com
             */
            email: string;
            /**
             * @description When the user confirmed the email address; null if not yet
             * @example 2026-11-21T12:00:00.000Z
             */
            email_confirmed_at: string | null;
            /**
             * @description The name of the user
             * @example Ann Example
             */
            name: string;
            /** @description What the account may do: an admin may read all accounts */
            role: components["schemas"]["Role"];
            /**
             * Format: date-time
             * @description When it was created
             * @example 2026-11-21T12:00:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it was last changed
             * @example 2026-11-21T12:00:00.000Z
             */
            updated_at: string;
            /**
             * @description Counts the changes, from 1. The `ETag` has the same number
             * @example 1
             */
            version: number;
        };
        /**
         * UserChange
         * @description The body of a change of oneself; another email needs the password.
         */
        UserChange: {
            /**
             * @description The new name of the user
             * @example Ann Example
             */
            name?: string;
            /**
             * Format: email
             * @description Compared without case, and kept in lower case
             * @example test@example.com
             */
            email?: string;
            /**
             * @description The present password, which another email address needs
             * @example correct horse battery
             */
            current_password?: string;
        };
        /**
         * UserList
         * @description A page of users; `next` is the cursor of the next page.
         */
        UserList: {
            /** @description The accounts of this page */
            users: components["schemas"]["User"][];
            /**
             * @description The cursor of the next page; null on the last page
             * @example eyJhIjoxfQ
             */
            next: string | null;
        };
        /**
         * VisitError
         * @description An error of the visitor counter, in its original format.
         */
        VisitError: {
            /**
             * @description The request was not executed
             * @constant
             */
            status: "error";
            /**
             * @description What went wrong, for people
             * @example Unable to process request. Please try again.
             */
            message: string;
            /**
             * Format: uuid
             * @description The id of this request, under which the log has the cause
             * @example 0ac4bb3c-33ba-4cf1-9d5b-5b5a3e0f4a7e
             */
            requestId: string;
        };
        /**
         * Webhook
         * @description A webhook and the state of its deliveries; times are RFC 3339.
         *
         *     `cursor` is the number of the last event that is finished, `newest` that of the newest event. A `failing` webhook waits until `next_attempt_at`. One that is `off` sends nothing, for the reason `off_reason`, since `off_since`.
         */
        Webhook: {
            /**
             * @description The id of the webhook
             * @example 01a1fd5e-7b1c-7d0e-9a44-0f6a5b4c3d22
             */
            webhook_id: string;
            /**
             * @description The id of the business
             * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
             */
            business_id: string;
            /**
             * Format: uri
             * @description Where the events are sent: an https URL of a public server
             * @example https://example.com/hooks
             */
            url: string;
            /**
             * @description The kinds of events, or patterns; null for all
             * @example [
             *       "order.*"
             *     ]
             */
            kinds: string[] | null;
            /**
             * @description What the webhook is for; null if that is not said
             * @example Kitchen printer
             */
            description: string | null;
            /** @description The state of the deliveries */
            status: components["schemas"]["WebhookStatus"];
            /**
             * @description The number of the last event that is finished
             * @example 41
             */
            cursor: number;
            /**
             * @description The number of the newest event of the business
             * @example 42
             */
            newest: number;
            /**
             * @description Since when deliveries fail; null if they do not
             * @example 2026-11-21T12:00:00.000Z
             */
            failing_since: string | null;
            /**
             * @description When a failing webhook sends again; null if it does not fail
             * @example 2026-11-21T12:00:00.000Z
             */
            next_attempt_at: string | null;
            /**
             * @description Since when the webhook is switched off; null if it is not
             * @example 2026-11-21T12:00:00.000Z
             */
            off_since: string | null;
            /**
             * @description Why the webhook is switched off; null if it is not
             * @example no success for 120 hours
             */
            off_reason: string | null;
            /**
             * Format: date-time
             * @description When it was created
             * @example 2026-11-21T12:00:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it was last changed
             * @example 2026-11-21T12:00:00.000Z
             */
            updated_at: string;
            /**
             * @description Counts the changes, from 1. The `ETag` has the same number
             * @example 1
             */
            version: number;
        };
        /**
         * WebhookChange
         * @description The body of a change; what is left out stays as it is. `enabled` switches a webhook on or off.
         */
        WebhookChange: {
            /**
             * Format: uri
             * @description An https URL of a public server
             * @example https://example.com/hooks
             */
            url?: string;
            /**
             * @description The kinds of events, or patterns; null for all
             * @example [
             *       "order.*"
             *     ]
             */
            kinds?: string[] | null;
            /**
             * @description What the webhook is for
             * @example Kitchen printer
             */
            description?: string | null;
            /**
             * @description Switches the webhook on or off
             * @example true
             */
            enabled?: boolean;
        };
        /**
         * WebhookDelivery
         * @description The delivery of an event; times are RFC 3339.
         *
         *     `status`, `error` and `answer`, the beginning of the answer's body, are of the last attempt. An event that was set aside is sent again at `next_at`.
         */
        WebhookDelivery: {
            /**
             * @description The number of the event in the feed of the business, which has no gap
             * @example 42
             */
            seq: number;
            /**
             * @description The kind of event
             * @example order.accepted
             */
            type: string;
            /** @description The state of the delivery */
            state: components["schemas"]["DeliveryState"];
            /**
             * @description How often it was sent
             * @example 1
             */
            attempts: number;
            /**
             * Format: date-time
             * @description When it was first sent
             * @example 2026-11-21T12:00:00.000Z
             */
            first_at: string;
            /**
             * Format: date-time
             * @description When it was last sent
             * @example 2026-11-21T12:00:00.000Z
             */
            last_at: string;
            /**
             * @description The status code of the last answer; null if there was none
             * @example 404
             */
            status: number | null;
            /**
             * @description Why the last attempt was no success; null if it was one
             * @example the answer was 404
             */
            error: string | null;
            /**
             * @description The beginning of the body of the last answer that was no success
             * @example Not Found
             */
            answer: string;
            /**
             * @description How long the attempt took, in milliseconds
             * @example 84
             */
            milliseconds: number;
            /**
             * @description When it is sent again; null if it is not set aside
             * @example 2026-11-21T12:00:00.000Z
             */
            next_at: string | null;
        };
        /**
         * WebhookEvent
         * @description A webhook of the business was switched off, because its deliveries failed.
         */
        WebhookEvent: {
            /**
             * @description The kind of event
             * @constant
             */
            type: "webhook.disabled";
            /**
             * Format: date-time
             * @description When it happened
             * @example 2026-11-21T12:00:00.000Z
             */
            timestamp: string;
            /** @description What happened */
            data: components["schemas"]["WebhookEventData"];
        };
        /**
         * WebhookEventData
         * @description Why the webhook was switched off.
         */
        WebhookEventData: {
            /**
             * @description The id of the business
             * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
             */
            business_id: string;
            /**
             * @description The number of the event in the feed of the business, which has no gap
             * @example 42
             */
            seq: number;
            /**
             * @description The id of what the event is about, such as the order
             * @example 01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55
             */
            subject: string;
            /**
             * @description Why the webhook was switched off
             * @example no success for 120 hours
             */
            reason: string;
        };
        /**
         * WebhookList
         * @description The webhooks of a business, the oldest first.
         */
        WebhookList: {
            /** @description The webhooks, the oldest first */
            webhooks: components["schemas"]["Webhook"][];
        };
        /**
         * WebhookStatus
         * @description The state of the deliveries of a webhook
         * @enum {string}
         */
        WebhookStatus: "failing" | "off" | "on";
        /**
         * WebhookTest
         * @description The outcome of a test: the status of the answer, null if there was none, and the error, null for a success.
         */
        WebhookTest: {
            /**
             * @description The status code of the answer; null if there was none
             * @example 204
             */
            status: number | null;
            /**
             * @description How long the attempt took, in milliseconds
             * @example 84
             */
            milliseconds: number;
            /**
             * @description Why the test is no success; null if it is one
             * @example the answer was 404
             */
            error: string | null;
        };
        /**
         * WebhookWithSecret
         * @description A webhook, and the secret that its deliveries are signed with from now on. It is shown only here.
         */
        WebhookWithSecret: {
            /**
             * @description The id of the webhook
             * @example 01a1fd5e-7b1c-7d0e-9a44-0f6a5b4c3d22
             */
            webhook_id: string;
            /**
             * @description The id of the business
             * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
             */
            business_id: string;
            /**
             * Format: uri
             * @description Where the events are sent: an https URL of a public server
             * @example https://example.com/hooks
             */
            url: string;
            /**
             * @description The kinds of events, or patterns; null for all
             * @example [
             *       "order.*"
             *     ]
             */
            kinds: string[] | null;
            /**
             * @description What the webhook is for; null if that is not said
             * @example Kitchen printer
             */
            description: string | null;
            /** @description The state of the deliveries */
            status: components["schemas"]["WebhookStatus"];
            /**
             * @description The number of the last event that is finished
             * @example 41
             */
            cursor: number;
            /**
             * @description The number of the newest event of the business
             * @example 42
             */
            newest: number;
            /**
             * @description Since when deliveries fail; null if they do not
             * @example 2026-11-21T12:00:00.000Z
             */
            failing_since: string | null;
            /**
             * @description When a failing webhook sends again; null if it does not fail
             * @example 2026-11-21T12:00:00.000Z
             */
            next_attempt_at: string | null;
            /**
             * @description Since when the webhook is switched off; null if it is not
             * @example 2026-11-21T12:00:00.000Z
             */
            off_since: string | null;
            /**
             * @description Why the webhook is switched off; null if it is not
             * @example no success for 120 hours
             */
            off_reason: string | null;
            /**
             * Format: date-time
             * @description When it was created
             * @example 2026-11-21T12:00:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it was last changed
             * @example 2026-11-21T12:00:00.000Z
             */
            updated_at: string;
            /**
             * @description Counts the changes, from 1. The `ETag` has the same number
             * @example 1
             */
            version: number;
            /**
             * @description Signs the deliveries. Only this response has it
             * @example whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=
             */
            secret: string;
        };
        /**
         * WeeklyHours
         * @description When a business is open in each week. A day without a span is closed.
         */
        WeeklyHours: {
            /**
             * @description The spans of each Monday; none if the business is closed
             * @example [
             *       {
             *         "opens": "11:30",
             *         "closes": "22:00"
             *       }
             *     ]
             */
            monday: components["schemas"]["Span"][];
            /**
             * @description The spans of each Tuesday; none if the business is closed
             * @example [
             *       {
             *         "opens": "11:30",
             *         "closes": "22:00"
             *       }
             *     ]
             */
            tuesday: components["schemas"]["Span"][];
            /**
             * @description The spans of each Wednesday; none if the business is closed
             * @example [
             *       {
             *         "opens": "11:30",
             *         "closes": "22:00"
             *       }
             *     ]
             */
            wednesday: components["schemas"]["Span"][];
            /**
             * @description The spans of each Thursday; none if the business is closed
             * @example [
             *       {
             *         "opens": "11:30",
             *         "closes": "22:00"
             *       }
             *     ]
             */
            thursday: components["schemas"]["Span"][];
            /**
             * @description The spans of each Friday; none if the business is closed
             * @example [
             *       {
             *         "opens": "11:30",
             *         "closes": "22:00"
             *       }
             *     ]
             */
            friday: components["schemas"]["Span"][];
            /**
             * @description The spans of each Saturday; none if the business is closed
             * @example [
             *       {
             *         "opens": "11:30",
             *         "closes": "22:00"
             *       }
             *     ]
             */
            saturday: components["schemas"]["Span"][];
            /**
             * @description The spans of each Sunday; none if the business is closed
             * @example [
             *       {
             *         "opens": "11:30",
             *         "closes": "22:00"
             *       }
             *     ]
             */
            sunday: components["schemas"]["Span"][];
        };
        /**
         * WeeklyHoursInput
         * @description When a business is open in each week. A day without a span is closed.
         */
        WeeklyHoursInput: {
            /**
             * @description The spans of each Monday; none if the business is closed
             * @example [
             *       {
             *         "opens": "11:30",
             *         "closes": "22:00"
             *       }
             *     ]
             */
            monday?: components["schemas"]["Span"][];
            /**
             * @description The spans of each Tuesday; none if the business is closed
             * @example [
             *       {
             *         "opens": "11:30",
             *         "closes": "22:00"
             *       }
             *     ]
             */
            tuesday?: components["schemas"]["Span"][];
            /**
             * @description The spans of each Wednesday; none if the business is closed
             * @example [
             *       {
             *         "opens": "11:30",
             *         "closes": "22:00"
             *       }
             *     ]
             */
            wednesday?: components["schemas"]["Span"][];
            /**
             * @description The spans of each Thursday; none if the business is closed
             * @example [
             *       {
             *         "opens": "11:30",
             *         "closes": "22:00"
             *       }
             *     ]
             */
            thursday?: components["schemas"]["Span"][];
            /**
             * @description The spans of each Friday; none if the business is closed
             * @example [
             *       {
             *         "opens": "11:30",
             *         "closes": "22:00"
             *       }
             *     ]
             */
            friday?: components["schemas"]["Span"][];
            /**
             * @description The spans of each Saturday; none if the business is closed
             * @example [
             *       {
             *         "opens": "11:30",
             *         "closes": "22:00"
             *       }
             *     ]
             */
            saturday?: components["schemas"]["Span"][];
            /**
             * @description The spans of each Sunday; none if the business is closed
             * @example [
             *       {
             *         "opens": "11:30",
             *         "closes": "22:00"
             *       }
             *     ]
             */
            sunday?: components["schemas"]["Span"][];
        };
        /**
         * Welcome
         * @description The start page. It reads no table.
         */
        Welcome: {
            /**
             * @description A sentence for people
             * @example Shopkeeper is running.
             */
            message: string;
            /**
             * @description The server runs; no table was probed
             * @constant
             */
            status: "healthy";
            /**
             * @description The version of Shopkeeper
             * @example 0.1.0
             */
            version: string;
            /**
             * @description The stage: dev, staging or prod
             * @example prod
             */
            environment: string;
            /**
             * Format: date-time
             * @description When the response was made
             * @example 2026-11-21T12:00:00.000Z
             */
            timestamp: string;
            /**
             * @description The paths of the most important resources, by name
             * @example {
             *       "self": "/",
             *       "counter": "/counter"
             *     }
             */
            links: components["schemas"]["Texts"];
        };
        /**
         * WhoRegisters
         * @description Who can make an account: anybody, those with an invitation, or nobody.
         */
        WhoRegisters: {
            /**
             * @description Who may create an account: anybody, those with an invitation, or nobody
             * @example open
             * @enum {string}
             */
            registration: "closed" | "invite" | "open";
        };
        /**
         * WrongCredentialsProblem
         * @description Email and password do not belong together; which of them is wrong is not said.
         */
        WrongCredentialsProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 401;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "wrong_credentials";
        };
        /**
         * WrongPasswordProblem
         * @description The current password is missing or wrong.
         */
        WrongPasswordProblem: components["schemas"]["Problem"] & {
            /**
             * @description The status code of the response
             * @constant
             */
            status: 403;
            /**
             * @description What went wrong, for programs. Codes are stable; new ones may be added
             * @constant
             */
            code: "wrong_password";
        };
    };
    responses: {
        /** @description The event was taken. Answer within 15 seconds */
        Webhook2XX: {
            headers: {
                [name: string]: unknown;
            };
            content?: never;
        };
        /** @description The webhook is switched off */
        Webhook410: {
            headers: {
                [name: string]: unknown;
            };
            content?: never;
        };
        /** @description This event is set aside and sent again by itself. After a 429 the webhook waits, as after a 5XX */
        Webhook4XX: {
            headers: {
                [name: string]: unknown;
            };
            content?: never;
        };
        /** @description The webhook waits, and sends the same event again */
        Webhook5XX: {
            headers: {
                [name: string]: unknown;
            };
            content?: never;
        };
        /** @description The gateway's own answer to a path or method that the API does not have (MissingAuthenticationTokenException) */
        GatewayError: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["GatewayError"];
            };
        };
    };
    parameters: {
        /**
         * @description The id of the message, the same each time it is sent
         * @example evt_01a1fd46-5f7d-7f16-8f80-036e5d832167_42
         */
        "webhook-id": string;
        /**
         * @description When it is sent, in seconds of the Unix epoch
         * @example 1795262400
         */
        "webhook-timestamp": string;
        /**
         * @description One signature or several, with spaces between: `v1,` and a base64 text
         * @example v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=
         */
        "webhook-signature": string;
    };
    requestBodies: never;
    headers: never;
    pathItems: {
        UndeclaredPath: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            /**
             * Ask for a path that this document does not have
             * @description The gateway answers every path and method that are not in this document, so no operation does.
             */
            get: operations["askUndeclaredPath"];
            put?: never;
            post?: never;
            delete?: never;
            options?: never;
            head?: never;
            patch?: never;
            trace?: never;
        };
    };
}
export type $defs = Record<string, never>;
export interface operations {
    welcome: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Welcome"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    confirmEmail: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Confirmation"];
            };
        };
        responses: {
            /** @description Done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["MalformedBodyProblem"] | components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidSessionProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ChangedMeanwhileProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    requestConfirmation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted; the work is done later */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MailRequested"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description Not configured on this server */
            501: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["MailNotConfiguredProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    signIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["MalformedBodyProblem"] | components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["WrongCredentialsProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyAttemptsProblem"] | components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"] | components["schemas"]["ServerBusyProblem"];
                };
            };
        };
    };
    signOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Refresh"];
            };
        };
        responses: {
            /** @description Done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["MalformedBodyProblem"] | components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidSessionProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description Done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["MalformedBodyProblem"] | components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description The caller may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["WrongPasswordProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ChangedMeanwhileProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyAttemptsProblem"] | components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"] | components["schemas"]["ServerBusyProblem"];
                };
            };
        };
    };
    refreshSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Refresh"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["MalformedBodyProblem"] | components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidSessionProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    registerUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewAccount"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["MalformedBodyProblem"] | components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RegistrationClosedProblem"] | components["schemas"]["InvitationRequiredProblem"] | components["schemas"]["InvalidInvitationProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["AlreadyRegisteredProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"] | components["schemas"]["ServerBusyProblem"];
                };
            };
        };
    };
    readRegistration: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WhoRegisters"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    resetPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordReset"];
            };
        };
        responses: {
            /** @description Done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["MalformedBodyProblem"] | components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidSessionProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ChangedMeanwhileProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"] | components["schemas"]["ServerBusyProblem"];
                };
            };
        };
    };
    requestReset: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ResetRequest"];
            };
        };
        responses: {
            /** @description Accepted; the work is done later */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MailRequested"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["MalformedBodyProblem"] | components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description Not configured on this server */
            501: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["MailNotConfiguredProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    getMyBusiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnBusiness"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    getBusiness: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the business
                 * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
                 */
                business_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnBusiness"] | components["schemas"]["PublicBusiness"];
                };
            };
            /** @description The client has the answer already */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    deleteBusiness: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The ETag that was last seen
                 * @example "3"
                 */
                "If-Match"?: string;
            };
            path: {
                /**
                 * @description The id of the business
                 * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
                 */
                business_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["OrdersOpenProblem"] | components["schemas"]["ChangedMeanwhileProblem"];
                };
            };
            /** @description The resource has another version */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["PreconditionFailedProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"] | components["schemas"]["ServerBusyProblem"];
                };
            };
        };
    };
    changeBusiness: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The ETag that was last seen
                 * @example "3"
                 */
                "If-Match"?: string;
            };
            path: {
                /**
                 * @description The id of the business
                 * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
                 */
                business_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BusinessChange"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnBusiness"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"] | components["schemas"]["MalformedBodyProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["EmailTakenProblem"] | components["schemas"]["ChangedMeanwhileProblem"] | components["schemas"]["BusinessClosingProblem"];
                };
            };
            /** @description The resource has another version */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["PreconditionFailedProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description Well formed, but it cannot be done */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnknownTimeZoneProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    readFeed: {
        parameters: {
            query?: {
                /**
                 * @description The number of the last event that is known; 0 for all that are kept
                 * @example 41
                 */
                after?: number;
                /**
                 * @description The most that a page holds
                 * @example 10
                 */
                limit?: number;
                /**
                 * @description For how many seconds to wait for an event if there is none yet
                 * @example 20
                 */
                wait?: number;
            };
            header?: never;
            path: {
                /**
                 * @description The id of the business
                 * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
                 */
                business_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Feed"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description It was here, and is not any more */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["EventsGoneProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"] | components["schemas"]["ServerBusyProblem"];
                };
            };
        };
    };
    listOrders: {
        parameters: {
            query?: {
                /**
                 * @description Only orders with this status
                 * @example received
                 */
                status?: components["schemas"]["OrderStatus"];
                /**
                 * @description The most that a page holds
                 * @example 10
                 */
                limit?: number;
                /**
                 * @description Where the last page ended
                 * @example eyJhIjoxfQ
                 */
                cursor?: string;
            };
            header?: never;
            path: {
                /**
                 * @description The id of the business
                 * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
                 */
                business_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderList"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"] | components["schemas"]["ServerBusyProblem"];
                };
            };
        };
    };
    placeOrder: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description Made by the client, once for each order that is meant
                 * @example 0ac4bb3c-33ba-4cf1-9d5b-5b5a3e0f4a7e
                 */
                "Idempotency-Key": string;
            };
            path: {
                /**
                 * @description The id of the business
                 * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
                 */
                business_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewOrder"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlacedOrder"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"] | components["schemas"]["MalformedBodyProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptingOrdersProblem"] | components["schemas"]["PausedProblem"] | components["schemas"]["ClosedProblem"] | components["schemas"]["TotalDiffersProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description Well formed, but it cannot be done */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ItemUnavailableProblem"] | components["schemas"]["MixedCurrenciesProblem"] | components["schemas"]["TotalTooLargeProblem"] | components["schemas"]["IdempotencyKeyReusedProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    listWebhooks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the business
                 * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
                 */
                business_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookList"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    createWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the business
                 * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
                 */
                business_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewWebhook"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookWithSecret"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"] | components["schemas"]["MalformedBodyProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyWebhooksProblem"] | components["schemas"]["BusinessClosingProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    getWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the business
                 * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
                 */
                business_id: string;
                /**
                 * @description The id of the webhook
                 * @example 01a1fd5e-7b1c-7d0e-9a44-0f6a5b4c3d22
                 */
                webhook_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    deleteWebhook: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The ETag that was last seen
                 * @example "3"
                 */
                "If-Match": string;
            };
            path: {
                /**
                 * @description The id of the business
                 * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
                 */
                business_id: string;
                /**
                 * @description The id of the webhook
                 * @example 01a1fd5e-7b1c-7d0e-9a44-0f6a5b4c3d22
                 */
                webhook_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ChangedMeanwhileProblem"];
                };
            };
            /** @description The resource has another version */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["PreconditionFailedProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The request must name a version */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["PreconditionRequiredProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    changeWebhook: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The ETag that was last seen
                 * @example "3"
                 */
                "If-Match": string;
            };
            path: {
                /**
                 * @description The id of the business
                 * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
                 */
                business_id: string;
                /**
                 * @description The id of the webhook
                 * @example 01a1fd5e-7b1c-7d0e-9a44-0f6a5b4c3d22
                 */
                webhook_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookChange"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"] | components["schemas"]["MalformedBodyProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ChangedMeanwhileProblem"];
                };
            };
            /** @description The resource has another version */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["PreconditionFailedProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description The request must name a version */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["PreconditionRequiredProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                /**
                 * @description The most that a page holds
                 * @example 10
                 */
                limit?: number;
                /**
                 * @description Where the last page ended
                 * @example eyJhIjoxfQ
                 */
                cursor?: string;
            };
            header?: never;
            path: {
                /**
                 * @description The id of the business
                 * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
                 */
                business_id: string;
                /**
                 * @description The id of the webhook
                 * @example 01a1fd5e-7b1c-7d0e-9a44-0f6a5b4c3d22
                 */
                webhook_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryList"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"] | components["schemas"]["ServerBusyProblem"];
                };
            };
        };
    };
    replayWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the business
                 * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
                 */
                business_id: string;
                /**
                 * @description The id of the webhook
                 * @example 01a1fd5e-7b1c-7d0e-9a44-0f6a5b4c3d22
                 */
                webhook_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Replay"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"] | components["schemas"]["MalformedBodyProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ChangedMeanwhileProblem"];
                };
            };
            /** @description It was here, and is not any more */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["EventsGoneProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the business
                 * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
                 */
                business_id: string;
                /**
                 * @description The id of the webhook
                 * @example 01a1fd5e-7b1c-7d0e-9a44-0f6a5b4c3d22
                 */
                webhook_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookWithSecret"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ChangedMeanwhileProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    sendTestWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the business
                 * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
                 */
                business_id: string;
                /**
                 * @description The id of the webhook
                 * @example 01a1fd5e-7b1c-7d0e-9a44-0f6a5b4c3d22
                 */
                webhook_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookTest"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"] | components["schemas"]["ServerBusyProblem"];
                };
            };
        };
    };
    listItems: {
        parameters: {
            query?: {
                /**
                 * @description The id of the business
                 * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
                 */
                business_id?: string;
                /**
                 * @description How many items to leave out before the page. Prefer `cursor`, which costs less
                 * @example 0
                 */
                skip?: number;
                /**
                 * @description The most that a page holds
                 * @example 10
                 */
                limit?: number;
                /**
                 * @description A text that the name or the description must contain, without regard to case
                 * @example espresso
                 */
                search?: string;
                /**
                 * @description Where the last page ended
                 * @example eyJhIjoxfQ
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList"];
                };
            };
            /** @description The client has the answer already */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"] | components["schemas"]["ServerBusyProblem"];
                };
            };
        };
    };
    createItem: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewItem"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Item"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["MalformedBodyProblem"] | components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyItemsProblem"] | components["schemas"]["BusinessClosingProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    getItem: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the item
                 * @example 01a1fd5b-c902-769f-b75d-8c384dcdd668
                 */
                item_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Item"];
                };
            };
            /** @description The client has the answer already */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    deleteItem: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The ETag that was last seen
                 * @example "3"
                 */
                "If-Match": string;
            };
            path: {
                /**
                 * @description The id of the item
                 * @example 01a1fd5b-c902-769f-b75d-8c384dcdd668
                 */
                item_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ChangedMeanwhileProblem"];
                };
            };
            /** @description The resource has another version */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["PreconditionFailedProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The request must name a version */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["PreconditionRequiredProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    changeItem: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The ETag that was last seen
                 * @example "3"
                 */
                "If-Match": string;
            };
            path: {
                /**
                 * @description The id of the item
                 * @example 01a1fd5b-c902-769f-b75d-8c384dcdd668
                 */
                item_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ItemChange"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Item"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"] | components["schemas"]["MalformedBodyProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ChangedMeanwhileProblem"] | components["schemas"]["PicturesNotConfiguredProblem"];
                };
            };
            /** @description The resource has another version */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["PreconditionFailedProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description Well formed, but it cannot be done */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["PictureMissingProblem"];
                };
            };
            /** @description The request must name a version */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["PreconditionRequiredProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    startPicture: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the item
                 * @example 01a1fd5b-c902-769f-b75d-8c384dcdd668
                 */
                item_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPicture"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PictureUpload"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"] | components["schemas"]["MalformedBodyProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["PicturesNotConfiguredProblem"] | components["schemas"]["TooManyPicturesProblem"] | components["schemas"]["BusinessClosingProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    getOrder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the order
                 * @example 01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55
                 */
                order_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Order"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    acceptOrder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the order
                 * @example 01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55
                 */
                order_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Timing"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Order"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"] | components["schemas"]["MalformedBodyProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["OutOfTurnProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    cancelOrder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the order
                 * @example 01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55
                 */
                order_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Refusal"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Order"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"] | components["schemas"]["MalformedBodyProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["OutOfTurnProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    completeOrder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the order
                 * @example 01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55
                 */
                order_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NoDetails"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Order"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"] | components["schemas"]["MalformedBodyProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["OutOfTurnProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    deliverOrder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the order
                 * @example 01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55
                 */
                order_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NoDetails"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Order"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"] | components["schemas"]["MalformedBodyProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["OutOfTurnProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    dispatchOrder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the order
                 * @example 01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55
                 */
                order_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NoDetails"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Order"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"] | components["schemas"]["MalformedBodyProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["OutOfTurnProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    prepareOrder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the order
                 * @example 01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55
                 */
                order_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Timing"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Order"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"] | components["schemas"]["MalformedBodyProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["OutOfTurnProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    markOrderReady: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the order
                 * @example 01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55
                 */
                order_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NoDetails"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Order"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"] | components["schemas"]["MalformedBodyProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["OutOfTurnProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    rejectOrder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the order
                 * @example 01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55
                 */
                order_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Refusal"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Order"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"] | components["schemas"]["MalformedBodyProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["OutOfTurnProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    readTraffic: {
        parameters: {
            query?: {
                /**
                 * @description A host of `SITES`, or the `business_id` of a site; the caller's own business by default
                 * @example https://shop.example
                 */
                site?: string;
                /**
                 * @description The token of a link that shares a site's traffic
                 * @example c2hvcC5leGFtcGxl.8f0c.q0J3
                 */
                share?: string;
                /**
                 * @description A date of the site's time zone
                 * @example 2026-11-21
                 */
                from?: string;
                /**
                 * @description A date of the site's time zone
                 * @example 2026-11-21
                 */
                to?: string;
                /**
                 * @description How long the parts of a series are
                 * @example day
                 */
                by?: components["schemas"]["TrafficUnit"];
            };
            header?: {
                /**
                 * @description The token of a link that shares a site's traffic, as `share` in the query
                 * @example c2hvcC5leGFtcGxl.8f0c.q0J3
                 */
                "Traffic-Share"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Traffic"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"] | components["schemas"]["ServerBusyProblem"];
                };
            };
        };
    };
    readTrafficDimensions: {
        parameters: {
            query?: {
                /**
                 * @description A host of `SITES`, or the `business_id` of a site; the caller's own business by default
                 * @example https://shop.example
                 */
                site?: string;
                /**
                 * @description The token of a link that shares a site's traffic
                 * @example c2hvcC5leGFtcGxl.8f0c.q0J3
                 */
                share?: string;
                /**
                 * @description A date of the site's time zone
                 * @example 2026-11-21
                 */
                from?: string;
                /**
                 * @description A date of the site's time zone
                 * @example 2026-11-21
                 */
                to?: string;
                /**
                 * @description How long the parts of a series are
                 * @example day
                 */
                by?: components["schemas"]["TrafficUnit"];
                /**
                 * @description The most names of each dimension
                 * @example 10
                 */
                limit?: number;
            };
            header?: {
                /**
                 * @description The token of a link that shares a site's traffic, as `share` in the query
                 * @example c2hvcC5leGFtcGxl.8f0c.q0J3
                 */
                "Traffic-Share"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrafficDimensions"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"] | components["schemas"]["ServerBusyProblem"];
                };
            };
        };
    };
    exportTrafficCsv: {
        parameters: {
            query?: {
                /**
                 * @description A host of `SITES`, or the `business_id` of a site; the caller's own business by default
                 * @example https://shop.example
                 */
                site?: string;
                /**
                 * @description The token of a link that shares a site's traffic
                 * @example c2hvcC5leGFtcGxl.8f0c.q0J3
                 */
                share?: string;
                /**
                 * @description A date of the site's time zone
                 * @example 2026-11-21
                 */
                from?: string;
                /**
                 * @description A date of the site's time zone
                 * @example 2026-11-21
                 */
                to?: string;
                /**
                 * @description How long the parts of a series are
                 * @example day
                 */
                by?: components["schemas"]["ExportUnit"];
            };
            header?: {
                /**
                 * @description The token of a link that shares a site's traffic, as `share` in the query
                 * @example c2hvcC5leGFtcGxl.8f0c.q0J3
                 */
                "Traffic-Share"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv; charset=utf-8": unknown;
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"] | components["schemas"]["ServerBusyProblem"];
                };
            };
        };
    };
    exportTrafficJson: {
        parameters: {
            query?: {
                /**
                 * @description A host of `SITES`, or the `business_id` of a site; the caller's own business by default
                 * @example https://shop.example
                 */
                site?: string;
                /**
                 * @description The token of a link that shares a site's traffic
                 * @example c2hvcC5leGFtcGxl.8f0c.q0J3
                 */
                share?: string;
                /**
                 * @description A date of the site's time zone
                 * @example 2026-11-21
                 */
                from?: string;
                /**
                 * @description A date of the site's time zone
                 * @example 2026-11-21
                 */
                to?: string;
                /**
                 * @description How long the parts of a series are
                 * @example day
                 */
                by?: components["schemas"]["ExportUnit"];
            };
            header?: {
                /**
                 * @description The token of a link that shares a site's traffic, as `share` in the query
                 * @example c2hvcC5leGFtcGxl.8f0c.q0J3
                 */
                "Traffic-Share"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": unknown;
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"] | components["schemas"]["ServerBusyProblem"];
                };
            };
        };
    };
    readLiveTraffic: {
        parameters: {
            query?: {
                /**
                 * @description A host of `SITES`, or the `business_id` of a site; the caller's own business by default
                 * @example https://shop.example
                 */
                site?: string;
                /**
                 * @description The token of a link that shares a site's traffic
                 * @example c2hvcC5leGFtcGxl.8f0c.q0J3
                 */
                share?: string;
            };
            header?: {
                /**
                 * @description The token of a link that shares a site's traffic, as `share` in the query
                 * @example c2hvcC5leGFtcGxl.8f0c.q0J3
                 */
                "Traffic-Share"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LiveTraffic"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"] | components["schemas"]["ServerBusyProblem"];
                };
            };
        };
    };
    readTrafficShare: {
        parameters: {
            query?: {
                /**
                 * @description A host of `SITES`, or the `business_id` of a site; the caller's own business by default
                 * @example https://shop.example
                 */
                site?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrafficShare"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    shareTraffic: {
        parameters: {
            query?: {
                /**
                 * @description A host of `SITES`, or the `business_id` of a site; the caller's own business by default
                 * @example https://shop.example
                 */
                site?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrafficShare"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    revokeTrafficShare: {
        parameters: {
            query?: {
                /**
                 * @description A host of `SITES`, or the `business_id` of a site; the caller's own business by default
                 * @example https://shop.example
                 */
                site?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    listTrafficSites: {
        parameters: {
            query?: {
                /**
                 * @description A host of `SITES`, or the `business_id` of a site; the caller's own business by default
                 * @example https://shop.example
                 */
                site?: string;
                /**
                 * @description The token of a link that shares a site's traffic
                 * @example c2hvcC5leGFtcGxl.8f0c.q0J3
                 */
                share?: string;
            };
            header?: {
                /**
                 * @description The token of a link that shares a site's traffic, as `share` in the query
                 * @example c2hvcC5leGFtcGxl.8f0c.q0J3
                 */
                "Traffic-Share"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrafficSites"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    readTrafficNames: {
        parameters: {
            query?: {
                /**
                 * @description A host of `SITES`, or the `business_id` of a site; the caller's own business by default
                 * @example https://shop.example
                 */
                site?: string;
                /**
                 * @description The token of a link that shares a site's traffic
                 * @example c2hvcC5leGFtcGxl.8f0c.q0J3
                 */
                share?: string;
                /**
                 * @description A date of the site's time zone
                 * @example 2026-11-21
                 */
                from?: string;
                /**
                 * @description A date of the site's time zone
                 * @example 2026-11-21
                 */
                to?: string;
                /**
                 * @description How long the parts of a series are
                 * @example day
                 */
                by?: components["schemas"]["TrafficUnit"];
                /**
                 * @description The most names that are told
                 * @example 10
                 */
                limit?: number;
            };
            header?: {
                /**
                 * @description The token of a link that shares a site's traffic, as `share` in the query
                 * @example c2hvcC5leGFtcGxl.8f0c.q0J3
                 */
                "Traffic-Share"?: string;
            };
            path: {
                /**
                 * @description What the names are names of
                 * @example pages
                 */
                dimension: components["schemas"]["DimensionName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrafficNames"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"] | components["schemas"]["ServerBusyProblem"];
                };
            };
        };
    };
    listUsers: {
        parameters: {
            query?: {
                /**
                 * @description The most that a page holds
                 * @example 10
                 */
                limit?: number;
                /**
                 * @description Where the last page ended
                 * @example eyJhIjoxfQ
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserList"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description The caller may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["AdminsOnlyProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"] | components["schemas"]["ServerBusyProblem"];
                };
            };
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    deleteMe: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The ETag that was last seen
                 * @example "3"
                 */
                "If-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["OwnsBusinessProblem"] | components["schemas"]["ChangedMeanwhileProblem"];
                };
            };
            /** @description The resource has another version */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["PreconditionFailedProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    changeMe: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The ETag that was last seen
                 * @example "3"
                 */
                "If-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserChange"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"] | components["schemas"]["MalformedBodyProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description The caller may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["WrongPasswordProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["AlreadyRegisteredProblem"] | components["schemas"]["ChangedMeanwhileProblem"];
                };
            };
            /** @description The resource has another version */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["PreconditionFailedProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyAttemptsProblem"] | components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"] | components["schemas"]["ServerBusyProblem"];
                };
            };
        };
    };
    getUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the account
                 * @example 01a1fd46-2f0c-7d4b-9c1e-5a0f9b6d7c11
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    checkAuth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuthHealthy"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuthUnhealthy"];
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    registerBusiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Registration"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Registered"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["MalformedBodyProblem"] | components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description The caller may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ForbiddenProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description Something that exists stands in the way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["EmailTakenProblem"] | components["schemas"]["IdentityTakenProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    countVisit: {
        parameters: {
            query?: {
                /**
                 * @description A second name of the field `count`, as the page has it that reads it
                 * @example visits
                 */
                key?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CountedVisit"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
        };
    };
    postVisit: {
        parameters: {
            query?: {
                /**
                 * @description A second name of the field `count`, as the page has it that reads it
                 * @example visits
                 */
                key?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CountedVisit"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
        };
    };
    readBadge: {
        parameters: {
            query?: {
                /**
                 * @description What stands left of the number
                 * @example visits
                 */
                label?: string;
                /**
                 * @description The colour of the badge
                 * @example blue
                 */
                color?: components["schemas"]["BadgeColor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Badge"];
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
        };
    };
    drawBadge: {
        parameters: {
            query?: {
                /**
                 * @description What stands left of the number
                 * @example visits
                 */
                label?: string;
                /**
                 * @description The colour of the badge
                 * @example blue
                 */
                color?: components["schemas"]["BadgeColor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/svg+xml": unknown;
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
        };
    };
    countVisitAsText: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain; charset=utf-8": unknown;
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
        };
    };
    postVisitAsText: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain; charset=utf-8": unknown;
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
        };
    };
    countPageVisit: {
        parameters: {
            query?: {
                /**
                 * @description A second name of the field `count`, as the page has it that reads it
                 * @example visits
                 */
                key?: string;
                /**
                 * @description What stands left of the number
                 * @example visits
                 */
                label?: string;
                /**
                 * @description The colour of the badge
                 * @example blue
                 */
                color?: components["schemas"]["BadgeColor"];
            };
            header?: never;
            path: {
                /**
                 * @description The name of a counter, for instance of a page
                 * @example about
                 */
                counter_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CountedVisit"] | components["schemas"]["Badge"];
                    "text/plain; charset=utf-8": unknown;
                    "image/svg+xml": unknown;
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
        };
    };
    postPageVisit: {
        parameters: {
            query?: {
                /**
                 * @description A second name of the field `count`, as the page has it that reads it
                 * @example visits
                 */
                key?: string;
                /**
                 * @description What stands left of the number
                 * @example visits
                 */
                label?: string;
                /**
                 * @description The colour of the badge
                 * @example blue
                 */
                color?: components["schemas"]["BadgeColor"];
            };
            header?: never;
            path: {
                /**
                 * @description The name of a counter, for instance of a page
                 * @example about
                 */
                counter_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CountedVisit"];
                    "text/plain; charset=utf-8": unknown;
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
        };
    };
    checkCounter: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CounterHealthy"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitError"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CounterUnhealthy"];
                };
            };
        };
    };
    checkEverything: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DetailedHealth"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DetailedHealth"];
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    countHit: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Hit"];
            };
        };
        responses: {
            /** @description Done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidHitProblem"] | components["schemas"]["MalformedBodyProblem"] | components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnknownSiteProblem"];
                };
            };
            /** @description The request was not complete in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description The body is not announced as JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    countImage: {
        parameters: {
            query: {
                /**
                 * @description The path with its query
                 * @example /menu?utm_source=letter
                 */
                p: string;
                /**
                 * @description The URL of the page before
                 * @example https://search.example/
                 */
                r?: string;
                /**
                 * @description The business whose site it is, if its host is not in `SITES`
                 * @example 01a1fd46-5f7d-7f16-8f80-036e5d832167
                 */
                n?: string;
                /**
                 * @description The width of the window in pixels
                 * @example 390
                 */
                w?: number;
                /**
                 * @description The browser's time zone, which tells the country
                 * @example Europe/Berlin
                 */
                z?: string;
                /**
                 * @description The name of an event. Without one a view is counted
                 * @example newsletter
                 */
                e?: string;
                /**
                 * @description 1 if a program drives the browser
                 * @example 0
                 */
                b?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/gif": unknown;
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidHitProblem"] | components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnknownSiteProblem"];
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    readScript: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/javascript; charset=utf-8": unknown;
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                };
            };
        };
    };
    showTraffic: {
        parameters: {
            query?: {
                /**
                 * @description A host of `SITES`, or the `business_id` of a site; the caller's own business by default
                 * @example https://shop.example
                 */
                site?: string;
                /**
                 * @description The token of a link that shares a site's traffic
                 * @example c2hvcC5leGFtcGxl.8f0c.q0J3
                 */
                share?: string;
                /**
                 * @description A date of the site's time zone
                 * @example 2026-11-21
                 */
                from?: string;
                /**
                 * @description A date of the site's time zone
                 * @example 2026-11-21
                 */
                to?: string;
                /**
                 * @description How long the parts of a series are
                 * @example day
                 */
                by?: components["schemas"]["TrafficUnit"];
            };
            header?: {
                /**
                 * @description The token of a link that shares a site's traffic, as `share` in the query
                 * @example c2hvcC5leGFtcGxl.8f0c.q0J3
                 */
                "Traffic-Share"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html; charset=utf-8": unknown;
                };
            };
            /** @description The request is not what the types say */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidInputProblem"];
                };
            };
            /** @description The caller is not known */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthenticatedProblem"];
                };
            };
            /** @description There is no such thing, or not for this caller */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html; charset=utf-8": unknown;
                };
            };
            /** @description The path and the query are too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TargetTooLongProblem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                };
            };
            /** @description The header is too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeaderTooLargeProblem"];
                };
            };
            /** @description A fault of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description The service cannot reach its data, or is too busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"] | components["schemas"]["ServerBusyProblem"];
                };
            };
        };
    };
    onOrderReceived: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the message, the same each time it is sent
                 * @example evt_01a1fd46-5f7d-7f16-8f80-036e5d832167_42
                 */
                "webhook-id": components["parameters"]["webhook-id"];
                /**
                 * @description When it is sent, in seconds of the Unix epoch
                 * @example 1795262400
                 */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature or several, with spaces between: `v1,` and a base64 text
                 * @example v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "order.accepted",
                 *       "timestamp": "2026-11-21T12:00:00.000Z",
                 *       "data": {
                 *         "business_id": "01a1fd46-5f7d-7f16-8f80-036e5d832167",
                 *         "seq": 42,
                 *         "subject": "01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55",
                 *         "status": "received",
                 *         "number": 12,
                 *         "day": "2026-11-21",
                 *         "total_minor": 760,
                 *         "currency": "EUR",
                 *         "fulfilment": "delivery",
                 *         "by": "business",
                 *         "reason": "Sold out for today",
                 *         "ready_at": "2026-11-21T12:00:00.000Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OrderEvent"];
            };
        };
        responses: {
            410: components["responses"]["Webhook410"];
            "2XX": components["responses"]["Webhook2XX"];
            "4XX": components["responses"]["Webhook4XX"];
            "5XX": components["responses"]["Webhook5XX"];
        };
    };
    onOrderAccepted: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the message, the same each time it is sent
                 * @example evt_01a1fd46-5f7d-7f16-8f80-036e5d832167_42
                 */
                "webhook-id": components["parameters"]["webhook-id"];
                /**
                 * @description When it is sent, in seconds of the Unix epoch
                 * @example 1795262400
                 */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature or several, with spaces between: `v1,` and a base64 text
                 * @example v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "order.accepted",
                 *       "timestamp": "2026-11-21T12:00:00.000Z",
                 *       "data": {
                 *         "business_id": "01a1fd46-5f7d-7f16-8f80-036e5d832167",
                 *         "seq": 42,
                 *         "subject": "01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55",
                 *         "status": "received",
                 *         "number": 12,
                 *         "day": "2026-11-21",
                 *         "total_minor": 760,
                 *         "currency": "EUR",
                 *         "fulfilment": "delivery",
                 *         "by": "business",
                 *         "reason": "Sold out for today",
                 *         "ready_at": "2026-11-21T12:00:00.000Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OrderEvent"];
            };
        };
        responses: {
            410: components["responses"]["Webhook410"];
            "2XX": components["responses"]["Webhook2XX"];
            "4XX": components["responses"]["Webhook4XX"];
            "5XX": components["responses"]["Webhook5XX"];
        };
    };
    onOrderRejected: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the message, the same each time it is sent
                 * @example evt_01a1fd46-5f7d-7f16-8f80-036e5d832167_42
                 */
                "webhook-id": components["parameters"]["webhook-id"];
                /**
                 * @description When it is sent, in seconds of the Unix epoch
                 * @example 1795262400
                 */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature or several, with spaces between: `v1,` and a base64 text
                 * @example v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "order.accepted",
                 *       "timestamp": "2026-11-21T12:00:00.000Z",
                 *       "data": {
                 *         "business_id": "01a1fd46-5f7d-7f16-8f80-036e5d832167",
                 *         "seq": 42,
                 *         "subject": "01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55",
                 *         "status": "received",
                 *         "number": 12,
                 *         "day": "2026-11-21",
                 *         "total_minor": 760,
                 *         "currency": "EUR",
                 *         "fulfilment": "delivery",
                 *         "by": "business",
                 *         "reason": "Sold out for today",
                 *         "ready_at": "2026-11-21T12:00:00.000Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OrderEvent"];
            };
        };
        responses: {
            410: components["responses"]["Webhook410"];
            "2XX": components["responses"]["Webhook2XX"];
            "4XX": components["responses"]["Webhook4XX"];
            "5XX": components["responses"]["Webhook5XX"];
        };
    };
    onOrderPreparing: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the message, the same each time it is sent
                 * @example evt_01a1fd46-5f7d-7f16-8f80-036e5d832167_42
                 */
                "webhook-id": components["parameters"]["webhook-id"];
                /**
                 * @description When it is sent, in seconds of the Unix epoch
                 * @example 1795262400
                 */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature or several, with spaces between: `v1,` and a base64 text
                 * @example v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "order.accepted",
                 *       "timestamp": "2026-11-21T12:00:00.000Z",
                 *       "data": {
                 *         "business_id": "01a1fd46-5f7d-7f16-8f80-036e5d832167",
                 *         "seq": 42,
                 *         "subject": "01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55",
                 *         "status": "received",
                 *         "number": 12,
                 *         "day": "2026-11-21",
                 *         "total_minor": 760,
                 *         "currency": "EUR",
                 *         "fulfilment": "delivery",
                 *         "by": "business",
                 *         "reason": "Sold out for today",
                 *         "ready_at": "2026-11-21T12:00:00.000Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OrderEvent"];
            };
        };
        responses: {
            410: components["responses"]["Webhook410"];
            "2XX": components["responses"]["Webhook2XX"];
            "4XX": components["responses"]["Webhook4XX"];
            "5XX": components["responses"]["Webhook5XX"];
        };
    };
    onOrderReady: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the message, the same each time it is sent
                 * @example evt_01a1fd46-5f7d-7f16-8f80-036e5d832167_42
                 */
                "webhook-id": components["parameters"]["webhook-id"];
                /**
                 * @description When it is sent, in seconds of the Unix epoch
                 * @example 1795262400
                 */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature or several, with spaces between: `v1,` and a base64 text
                 * @example v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "order.accepted",
                 *       "timestamp": "2026-11-21T12:00:00.000Z",
                 *       "data": {
                 *         "business_id": "01a1fd46-5f7d-7f16-8f80-036e5d832167",
                 *         "seq": 42,
                 *         "subject": "01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55",
                 *         "status": "received",
                 *         "number": 12,
                 *         "day": "2026-11-21",
                 *         "total_minor": 760,
                 *         "currency": "EUR",
                 *         "fulfilment": "delivery",
                 *         "by": "business",
                 *         "reason": "Sold out for today",
                 *         "ready_at": "2026-11-21T12:00:00.000Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OrderEvent"];
            };
        };
        responses: {
            410: components["responses"]["Webhook410"];
            "2XX": components["responses"]["Webhook2XX"];
            "4XX": components["responses"]["Webhook4XX"];
            "5XX": components["responses"]["Webhook5XX"];
        };
    };
    onOrderOutForDelivery: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the message, the same each time it is sent
                 * @example evt_01a1fd46-5f7d-7f16-8f80-036e5d832167_42
                 */
                "webhook-id": components["parameters"]["webhook-id"];
                /**
                 * @description When it is sent, in seconds of the Unix epoch
                 * @example 1795262400
                 */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature or several, with spaces between: `v1,` and a base64 text
                 * @example v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "order.accepted",
                 *       "timestamp": "2026-11-21T12:00:00.000Z",
                 *       "data": {
                 *         "business_id": "01a1fd46-5f7d-7f16-8f80-036e5d832167",
                 *         "seq": 42,
                 *         "subject": "01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55",
                 *         "status": "received",
                 *         "number": 12,
                 *         "day": "2026-11-21",
                 *         "total_minor": 760,
                 *         "currency": "EUR",
                 *         "fulfilment": "delivery",
                 *         "by": "business",
                 *         "reason": "Sold out for today",
                 *         "ready_at": "2026-11-21T12:00:00.000Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OrderEvent"];
            };
        };
        responses: {
            410: components["responses"]["Webhook410"];
            "2XX": components["responses"]["Webhook2XX"];
            "4XX": components["responses"]["Webhook4XX"];
            "5XX": components["responses"]["Webhook5XX"];
        };
    };
    onOrderDelivered: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the message, the same each time it is sent
                 * @example evt_01a1fd46-5f7d-7f16-8f80-036e5d832167_42
                 */
                "webhook-id": components["parameters"]["webhook-id"];
                /**
                 * @description When it is sent, in seconds of the Unix epoch
                 * @example 1795262400
                 */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature or several, with spaces between: `v1,` and a base64 text
                 * @example v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "order.accepted",
                 *       "timestamp": "2026-11-21T12:00:00.000Z",
                 *       "data": {
                 *         "business_id": "01a1fd46-5f7d-7f16-8f80-036e5d832167",
                 *         "seq": 42,
                 *         "subject": "01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55",
                 *         "status": "received",
                 *         "number": 12,
                 *         "day": "2026-11-21",
                 *         "total_minor": 760,
                 *         "currency": "EUR",
                 *         "fulfilment": "delivery",
                 *         "by": "business",
                 *         "reason": "Sold out for today",
                 *         "ready_at": "2026-11-21T12:00:00.000Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OrderEvent"];
            };
        };
        responses: {
            410: components["responses"]["Webhook410"];
            "2XX": components["responses"]["Webhook2XX"];
            "4XX": components["responses"]["Webhook4XX"];
            "5XX": components["responses"]["Webhook5XX"];
        };
    };
    onOrderCompleted: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the message, the same each time it is sent
                 * @example evt_01a1fd46-5f7d-7f16-8f80-036e5d832167_42
                 */
                "webhook-id": components["parameters"]["webhook-id"];
                /**
                 * @description When it is sent, in seconds of the Unix epoch
                 * @example 1795262400
                 */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature or several, with spaces between: `v1,` and a base64 text
                 * @example v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "order.accepted",
                 *       "timestamp": "2026-11-21T12:00:00.000Z",
                 *       "data": {
                 *         "business_id": "01a1fd46-5f7d-7f16-8f80-036e5d832167",
                 *         "seq": 42,
                 *         "subject": "01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55",
                 *         "status": "received",
                 *         "number": 12,
                 *         "day": "2026-11-21",
                 *         "total_minor": 760,
                 *         "currency": "EUR",
                 *         "fulfilment": "delivery",
                 *         "by": "business",
                 *         "reason": "Sold out for today",
                 *         "ready_at": "2026-11-21T12:00:00.000Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OrderEvent"];
            };
        };
        responses: {
            410: components["responses"]["Webhook410"];
            "2XX": components["responses"]["Webhook2XX"];
            "4XX": components["responses"]["Webhook4XX"];
            "5XX": components["responses"]["Webhook5XX"];
        };
    };
    onOrderCancelled: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the message, the same each time it is sent
                 * @example evt_01a1fd46-5f7d-7f16-8f80-036e5d832167_42
                 */
                "webhook-id": components["parameters"]["webhook-id"];
                /**
                 * @description When it is sent, in seconds of the Unix epoch
                 * @example 1795262400
                 */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature or several, with spaces between: `v1,` and a base64 text
                 * @example v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "order.accepted",
                 *       "timestamp": "2026-11-21T12:00:00.000Z",
                 *       "data": {
                 *         "business_id": "01a1fd46-5f7d-7f16-8f80-036e5d832167",
                 *         "seq": 42,
                 *         "subject": "01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55",
                 *         "status": "received",
                 *         "number": 12,
                 *         "day": "2026-11-21",
                 *         "total_minor": 760,
                 *         "currency": "EUR",
                 *         "fulfilment": "delivery",
                 *         "by": "business",
                 *         "reason": "Sold out for today",
                 *         "ready_at": "2026-11-21T12:00:00.000Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OrderEvent"];
            };
        };
        responses: {
            410: components["responses"]["Webhook410"];
            "2XX": components["responses"]["Webhook2XX"];
            "4XX": components["responses"]["Webhook4XX"];
            "5XX": components["responses"]["Webhook5XX"];
        };
    };
    onOrderExpired: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the message, the same each time it is sent
                 * @example evt_01a1fd46-5f7d-7f16-8f80-036e5d832167_42
                 */
                "webhook-id": components["parameters"]["webhook-id"];
                /**
                 * @description When it is sent, in seconds of the Unix epoch
                 * @example 1795262400
                 */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature or several, with spaces between: `v1,` and a base64 text
                 * @example v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "order.accepted",
                 *       "timestamp": "2026-11-21T12:00:00.000Z",
                 *       "data": {
                 *         "business_id": "01a1fd46-5f7d-7f16-8f80-036e5d832167",
                 *         "seq": 42,
                 *         "subject": "01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55",
                 *         "status": "received",
                 *         "number": 12,
                 *         "day": "2026-11-21",
                 *         "total_minor": 760,
                 *         "currency": "EUR",
                 *         "fulfilment": "delivery",
                 *         "by": "business",
                 *         "reason": "Sold out for today",
                 *         "ready_at": "2026-11-21T12:00:00.000Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OrderEvent"];
            };
        };
        responses: {
            410: components["responses"]["Webhook410"];
            "2XX": components["responses"]["Webhook2XX"];
            "4XX": components["responses"]["Webhook4XX"];
            "5XX": components["responses"]["Webhook5XX"];
        };
    };
    onBusinessPaused: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the message, the same each time it is sent
                 * @example evt_01a1fd46-5f7d-7f16-8f80-036e5d832167_42
                 */
                "webhook-id": components["parameters"]["webhook-id"];
                /**
                 * @description When it is sent, in seconds of the Unix epoch
                 * @example 1795262400
                 */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature or several, with spaces between: `v1,` and a base64 text
                 * @example v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "business.paused",
                 *       "timestamp": "2026-11-21T12:00:00.000Z",
                 *       "data": {
                 *         "business_id": "01a1fd46-5f7d-7f16-8f80-036e5d832167",
                 *         "seq": 42,
                 *         "subject": "01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55",
                 *         "until": "2026-11-21T12:00:00.000Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["BusinessEvent"];
            };
        };
        responses: {
            410: components["responses"]["Webhook410"];
            "2XX": components["responses"]["Webhook2XX"];
            "4XX": components["responses"]["Webhook4XX"];
            "5XX": components["responses"]["Webhook5XX"];
        };
    };
    onBusinessResumed: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the message, the same each time it is sent
                 * @example evt_01a1fd46-5f7d-7f16-8f80-036e5d832167_42
                 */
                "webhook-id": components["parameters"]["webhook-id"];
                /**
                 * @description When it is sent, in seconds of the Unix epoch
                 * @example 1795262400
                 */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature or several, with spaces between: `v1,` and a base64 text
                 * @example v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "business.paused",
                 *       "timestamp": "2026-11-21T12:00:00.000Z",
                 *       "data": {
                 *         "business_id": "01a1fd46-5f7d-7f16-8f80-036e5d832167",
                 *         "seq": 42,
                 *         "subject": "01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55",
                 *         "until": "2026-11-21T12:00:00.000Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["BusinessEvent"];
            };
        };
        responses: {
            410: components["responses"]["Webhook410"];
            "2XX": components["responses"]["Webhook2XX"];
            "4XX": components["responses"]["Webhook4XX"];
            "5XX": components["responses"]["Webhook5XX"];
        };
    };
    onItemUnavailable: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the message, the same each time it is sent
                 * @example evt_01a1fd46-5f7d-7f16-8f80-036e5d832167_42
                 */
                "webhook-id": components["parameters"]["webhook-id"];
                /**
                 * @description When it is sent, in seconds of the Unix epoch
                 * @example 1795262400
                 */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature or several, with spaces between: `v1,` and a base64 text
                 * @example v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "item.unavailable",
                 *       "timestamp": "2026-11-21T12:00:00.000Z",
                 *       "data": {
                 *         "business_id": "01a1fd46-5f7d-7f16-8f80-036e5d832167",
                 *         "seq": 42,
                 *         "subject": "01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55",
                 *         "name": "Espresso",
                 *         "until": "2026-11-21T12:00:00.000Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ItemEvent"];
            };
        };
        responses: {
            410: components["responses"]["Webhook410"];
            "2XX": components["responses"]["Webhook2XX"];
            "4XX": components["responses"]["Webhook4XX"];
            "5XX": components["responses"]["Webhook5XX"];
        };
    };
    onWebhookDisabled: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the message, the same each time it is sent
                 * @example evt_01a1fd46-5f7d-7f16-8f80-036e5d832167_42
                 */
                "webhook-id": components["parameters"]["webhook-id"];
                /**
                 * @description When it is sent, in seconds of the Unix epoch
                 * @example 1795262400
                 */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature or several, with spaces between: `v1,` and a base64 text
                 * @example v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "webhook.disabled",
                 *       "timestamp": "2026-11-21T12:00:00.000Z",
                 *       "data": {
                 *         "business_id": "01a1fd46-5f7d-7f16-8f80-036e5d832167",
                 *         "seq": 42,
                 *         "subject": "01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55",
                 *         "reason": "no success for 120 hours"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["WebhookEvent"];
            };
        };
        responses: {
            410: components["responses"]["Webhook410"];
            "2XX": components["responses"]["Webhook2XX"];
            "4XX": components["responses"]["Webhook4XX"];
            "5XX": components["responses"]["Webhook5XX"];
        };
    };
    onWebhookTest: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The id of the message, the same each time it is sent
                 * @example evt_01a1fd46-5f7d-7f16-8f80-036e5d832167_42
                 */
                "webhook-id": components["parameters"]["webhook-id"];
                /**
                 * @description When it is sent, in seconds of the Unix epoch
                 * @example 1795262400
                 */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature or several, with spaces between: `v1,` and a base64 text
                 * @example v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "webhook.test",
                 *       "timestamp": "2026-11-21T12:00:00.000Z",
                 *       "data": {
                 *         "business_id": "01a1fd46-5f7d-7f16-8f80-036e5d832167",
                 *         "webhook_id": "01a1fd5e-7b1c-7d0e-9a44-0f6a5b4c3d22"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["TestEvent"];
            };
        };
        responses: {
            410: components["responses"]["Webhook410"];
            "2XX": components["responses"]["Webhook2XX"];
            "4XX": components["responses"]["Webhook4XX"];
            "5XX": components["responses"]["Webhook5XX"];
        };
    };
    askUndeclaredPath: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            403: components["responses"]["GatewayError"];
        };
    };
}
