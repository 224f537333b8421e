# The CUDA toolkit and its kin: prebuilt, unpacked, given an RPATH.
final: with final;
{
  cudatoolkit = define "cudatoolkit" {
    version = "11.7.1";
    outputs = [ "out" "lib" "doc" ];
    setupHook = ../hooks/cuda-compat.sh;
    nativeBuildInputs = [ perl makeWrapper unzip ];
    buildInputs = [ gdk-pixbuf ];
    runtimeDependencies = [ (lib.getLib fontconfig) alsa-lib libX11 (lib.getLib glib) freetype expat ];
    # Nothing is compiled; the libraries are only noted down.
    buildPhase = "objectText=$sourceText; rpath=";
    postFixup = ''
      for dependency in $runtimeDependencies; do
        echo "$dependency/lib" >> $lib/lib/rpath
      done
    '';
    doInstallCheck = true;
    disallowedReferences = [ unzip ];
  };
  cudnn = define "cudnn" {
    version = "8.7.0";
    nativeBuildInputs = [ patchelf ];
    propagatedBuildInputs = [ cudatoolkit ];
    buildInputs = [ zlib ];
  };
  nccl = define "nccl" {
    version = "2.16.5";
    outputs = [ "out" "dev" ];
    nativeBuildInputs = [ which ];
    buildInputs = [ cudatoolkit ];
  };
  nvidia-settings = define "nvidia-settings" { version = "525.89"; nativeBuildInputs = [ pkg-config m4 ]; buildInputs = [ gtk3 libX11 ]; };
}
