// The texts of the owner's pages.

import { ACCOUNT } from "./account.js";
import { ORDERS } from "./orders.js";
import { SETUP } from "./setup.js";

export const OWNER = { ...SETUP, ...ORDERS, ...ACCOUNT };
