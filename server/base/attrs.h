/* Compiler attributes used throughout, spelled once. */
#ifndef CRMOCK_BASE_ATTRS_H
#define CRMOCK_BASE_ATTRS_H

#define MUSTCHECK __attribute__((warn_unused_result))
#define PRINTF(text, first) __attribute__((format(printf, text, first)))
#define NORETURN __attribute__((noreturn))
/* Runs `function(&variable)` when the variable goes out of scope. */
#define CLEANUP(function) __attribute__((cleanup(function)))

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
