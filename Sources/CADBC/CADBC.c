#include "CADBC.h"

// The places that drivers rely on, on a 64-bit machine: 29 pointers up to revision 1.0.0, 29 more in 1.1.0.
_Static_assert(sizeof(void *) == 8, "Martlet needs a 64-bit machine");
_Static_assert(sizeof(struct ArrowSchema) == 72, "Arrow schema");
_Static_assert(sizeof(struct ArrowArray) == 80, "Arrow array");
_Static_assert(sizeof(struct ArrowArrayStream) == 40, "Arrow stream");
_Static_assert(sizeof(struct AdbcError) == 48, "ADBC error");
_Static_assert(offsetof(struct AdbcDriver, ErrorGetDetailCount) == 29 * 8, "ADBC 1.0.0");
_Static_assert(sizeof(struct AdbcDriver) == 58 * 8, "ADBC 1.1.0");

AdbcStatusCode martlet_adbc_initialize(
    void *entry, int version, struct AdbcDriver *driver, struct AdbcError *error) {
    AdbcStatusCode (*initialize)(int, void *, struct AdbcError *) =
        (AdbcStatusCode(*)(int, void *, struct AdbcError *))entry;
    return initialize(version, driver, error);
}
