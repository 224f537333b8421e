# What only Darwin has.
final: with final;
{
  libSystem = define "libSystem" { version = "1292.60.1"; outputs = [ "out" "dev" ]; };
  cctools = define "cctools" { version = "973.0.1"; outputs = [ "out" "dev" "man" ]; };
  libiconv = define "libiconv" { version = "59"; setupHook = ../hooks/multiple-outputs.sh; };
  procps = define "procps" { pname = "ps"; version = "118"; buildInputs = [ ncurses ]; };
  xcbuild = define "xcbuild" { version = "0.1.1"; nativeBuildInputs = [ cmake ninja ]; buildInputs = [ zlib libxml2 libpng ]; };
  darwin = lib.makeScope (self: {
    inherit libSystem cctools;
    CoreFoundation = define "CoreFoundation" { version = "1454.90"; buildInputs = [ icu libxml2 ]; };
    Security = define "Security" { version = "59754.80"; nativeBuildInputs = [ xcbuild ]; };
  });
}
