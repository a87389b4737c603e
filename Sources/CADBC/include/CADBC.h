// Our declaration of two public binary interfaces, by whose layout drivers and callers meet without sharing code:
// the Arrow C data and stream interfaces, and ADBC's driver table, revision 1.1.0.
//
// Only what Martlet calls has its real signature. An entry of the driver table that Martlet never calls is an
// `adbc_unused`: it keeps its place, so that the entries behind it stand where drivers put them.

#ifndef MARTLET_CADBC_H
#define MARTLET_CADBC_H

#include <stddef.h>
#include <stdint.h>

#include "ArrowKernels.h"

#if defined(__cplusplus)
extern "C" {
#endif

// MARK: - Arrow C data interface

/// Bits of `ArrowSchema.flags`.
enum {
    ARROW_DICTIONARY_ORDERED = 1,
    ARROW_NULLABLE = 2,
    ARROW_MAP_KEYS_SORTED = 4
};

/// The type of an array: a format string and the types of its children.
struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

/// The memory of an array: which buffers there are follows from the format of its schema.
struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

/// Arrays of one schema, one after the other; an array whose `release` is null ends the stream.
struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

// MARK: - ADBC

/// How a call ended.
typedef uint8_t AdbcStatusCode;

enum {
    ADBC_OK = 0,
    ADBC_UNKNOWN = 1,
    ADBC_NOT_IMPLEMENTED = 2,
    ADBC_NOT_FOUND = 3,
    ADBC_ALREADY_EXISTS = 4,
    ADBC_INVALID_ARGUMENT = 5,
    ADBC_INVALID_STATE = 6,
    ADBC_INVALID_DATA = 7,
    ADBC_INTEGRITY = 8,
    ADBC_INTERNAL = 9,
    ADBC_IO = 10,
    ADBC_CANCELLED = 11,
    ADBC_TIMEOUT = 12,
    ADBC_UNAUTHENTICATED = 13,
    ADBC_UNAUTHORIZED = 14
};

enum {
    ADBC_REVISION_1_0_0 = 1000000,
    ADBC_REVISION_1_1_0 = 1001000
};

struct AdbcDriver;

/// What a driver says about a failure; zero it before use, release it after. Without the vendor code of revision
/// 1.1.0 in `vendor_code`, a driver writes the first four fields only.
struct AdbcError {
    char *message;
    int32_t vendor_code;
    char sqlstate[5];
    void (*release)(struct AdbcError *);
    void *private_data;
    struct AdbcDriver *private_driver;
};

struct AdbcDatabase {
    void *private_data;
    struct AdbcDriver *private_driver;
};

struct AdbcConnection {
    void *private_data;
    struct AdbcDriver *private_driver;
};

struct AdbcStatement {
    void *private_data;
    struct AdbcDriver *private_driver;
};

/// An entry of the driver table that Martlet does not call.
typedef void (*adbc_unused)(void);

/// The functions of one driver.
struct AdbcDriver {
    void *private_data;
    void *private_manager;
    AdbcStatusCode (*release)(struct AdbcDriver *, struct AdbcError *);

    AdbcStatusCode (*DatabaseInit)(struct AdbcDatabase *, struct AdbcError *);
    AdbcStatusCode (*DatabaseNew)(struct AdbcDatabase *, struct AdbcError *);
    AdbcStatusCode (*DatabaseSetOption)(struct AdbcDatabase *, const char *key, const char *value, struct AdbcError *);
    AdbcStatusCode (*DatabaseRelease)(struct AdbcDatabase *, struct AdbcError *);

    AdbcStatusCode (*ConnectionCommit)(struct AdbcConnection *, struct AdbcError *);
    adbc_unused ConnectionGetInfo;
    adbc_unused ConnectionGetObjects;
    AdbcStatusCode (*ConnectionGetTableSchema)(
        struct AdbcConnection *, const char *catalog, const char *schema, const char *table, struct ArrowSchema *,
        struct AdbcError *);
    adbc_unused ConnectionGetTableTypes;
    AdbcStatusCode (*ConnectionInit)(struct AdbcConnection *, struct AdbcDatabase *, struct AdbcError *);
    AdbcStatusCode (*ConnectionNew)(struct AdbcConnection *, struct AdbcError *);
    AdbcStatusCode (*ConnectionSetOption)(
        struct AdbcConnection *, const char *key, const char *value, struct AdbcError *);
    adbc_unused ConnectionReadPartition;
    AdbcStatusCode (*ConnectionRelease)(struct AdbcConnection *, struct AdbcError *);
    AdbcStatusCode (*ConnectionRollback)(struct AdbcConnection *, struct AdbcError *);

    adbc_unused StatementBind;
    AdbcStatusCode (*StatementBindStream)(struct AdbcStatement *, struct ArrowArrayStream *, struct AdbcError *);
    AdbcStatusCode (*StatementExecuteQuery)(
        struct AdbcStatement *, struct ArrowArrayStream *, int64_t *rows, struct AdbcError *);
    adbc_unused StatementExecutePartitions;
    adbc_unused StatementGetParameterSchema;
    AdbcStatusCode (*StatementNew)(struct AdbcConnection *, struct AdbcStatement *, struct AdbcError *);
    AdbcStatusCode (*StatementPrepare)(struct AdbcStatement *, struct AdbcError *);
    AdbcStatusCode (*StatementRelease)(struct AdbcStatement *, struct AdbcError *);
    AdbcStatusCode (*StatementSetOption)(
        struct AdbcStatement *, const char *key, const char *value, struct AdbcError *);
    AdbcStatusCode (*StatementSetSqlQuery)(struct AdbcStatement *, const char *, struct AdbcError *);
    adbc_unused StatementSetSubstraitPlan;

    // Revision 1.1.0.
    adbc_unused ErrorGetDetailCount;
    adbc_unused ErrorGetDetail;
    const struct AdbcError *(*ErrorFromArrayStream)(struct ArrowArrayStream *, AdbcStatusCode *);
    adbc_unused DatabaseOptions[7];
    AdbcStatusCode (*ConnectionCancel)(struct AdbcConnection *, struct AdbcError *);
    adbc_unused ConnectionOptionsAndStatistics[9];
    AdbcStatusCode (*StatementCancel)(struct AdbcStatement *, struct AdbcError *);
    adbc_unused StatementExecuteSchema;
    adbc_unused StatementOptions[7];
};

/// Calls a driver's entry point, a `dlsym` result, to fill `driver`.
AdbcStatusCode martlet_adbc_initialize(
    void *entry, int version, struct AdbcDriver *driver, struct AdbcError *error);

#if defined(__cplusplus)
}
#endif

#endif
