// <stdin>
var all = require("child_process");
var isFunction = all.__esModule && typeof all.default === "function";
module.exports = isFunction ? all.default : all;
if (isFunction) {
  for (const key of Object.keys(all)) if (!(key in all.default)) all.default[key] = all[key];
}
