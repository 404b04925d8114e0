/** The version of this project. Made from package.json by `make generate`. */
export const VERSION = '0.1.0';
