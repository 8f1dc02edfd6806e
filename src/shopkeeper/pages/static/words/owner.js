// The texts of the owner's pages.

import { ACCOUNT } from "./account.js";
import { BUSINESS } from "./business.js";
import { CATALOGUE } from "./catalogue.js";
import { ORDERS } from "./orders.js";
import { SETUP } from "./setup.js";
import { WEBHOOKS } from "./webhooks.js";

export const OWNER = { ...SETUP, ...ORDERS, ...ACCOUNT, ...CATALOGUE, ...BUSINESS, ...WEBHOOKS };
