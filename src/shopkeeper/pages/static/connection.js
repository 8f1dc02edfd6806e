// Whether the server answers. The feed tells it, and the shell shows it.

import { signal } from "./signal.js";

export const online = signal(true);
