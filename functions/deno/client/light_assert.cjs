const { AssertionError } = require("node:assert");

module.exports = (value, message) => {
  if (!value) throw new AssertionError({ message, actual: value, expected: true, operator: "==" });
};
