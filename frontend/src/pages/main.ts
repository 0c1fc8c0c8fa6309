// What every page but the editor loads: small enhancements; the pages work without them.
