/** What every page has: CSRF header, keys, menus, theme switch, questions before a deletion. */
import "./csrf.js";
import "./keys.js";
import "./menus.js";
import "./confirm.js";
import "./copy-text.js";
import "./theme-switch.js";
import "./network-error.js";
