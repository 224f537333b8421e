# Numbers, data, maps.
final: with final;
{
  openblas = define "openblas" {
    version = "0.3.21";
    outputs = [ "out" "dev" ];
    nativeBuildInputs = [ perl which ];
    buildInputs = [ gfortran-runtime ];
    doCheck = true;
  };
  hwloc = define "hwloc" { version = "2.9.0"; outputs = [ "out" "lib" "dev" ]; nativeBuildInputs = [ pkg-config ]; buildInputs = [ expat ncurses ]; };
  openmpi = define "openmpi" {
    version = "4.1.5";
    outputs = [ "out" "man" ];
    nativeBuildInputs = [ perl ];
    buildInputs = [ zlib hwloc ];
    doCheck = true;
  };
  mpi = openmpi;
  hdf5 = define "hdf5" { version = "1.14.0"; outputs = [ "out" "dev" "bin" ]; nativeBuildInputs = [ cmake ]; propagatedBuildInputs = [ zlib ]; };
  hdf5-mpi = hdf5.overrideAttrs (old: {
    pname = "hdf5-mpi";
    propagatedBuildInputs = old.propagatedBuildInputs ++ [ mpi ];
    features = "mpi";
  });
  netcdf = define "netcdf" { version = "4.9.0"; buildInputs = [ hdf5 curl ]; nativeBuildInputs = [ m4 ]; doCheck = true; checkInputs = [ unzip ]; };
  eigen = define "eigen" { version = "3.4.0"; nativeBuildInputs = [ cmake ]; };
  fftw = define "fftw" { version = "3.3.10"; outputs = [ "out" "dev" ]; };
  geos = define "geos" { version = "3.11.2"; nativeBuildInputs = [ cmake ]; };
  proj = define "proj" { version = "9.2.0"; outputs = [ "out" "dev" ]; nativeBuildInputs = [ cmake pkg-config ]; buildInputs = [ sqlite libtiff curl ]; checkInputs = [ gtest ]; doCheck = true; };
  gdal = define "gdal" {
    version = "3.6.3";
    nativeBuildInputs = [ cmake pkg-config python311 python311Packages.setuptools ];
    buildInputs = [ libtiff libpng libjpeg libwebp proj geos openssl curl expat sqlite postgresql netcdf hdf5 python311Packages.numpy libxml2 ];
    doInstallCheck = true;
    nativeInstallCheckInputs = [ python311Packages.pytest python311Packages.lxml ];
    installCheckPhase = "pytest";
  };
  qgis = define "qgis" { version = "3.28.5"; nativeBuildInputs = [ cmake ninja flex bison makeWrapper ]; buildInputs = [ openssl proj geos gdal qtbase qtwebengine hdf5 protobuf python311Packages.numpy python311Packages.pyyaml ]; };
  opencv = define "opencv" {
    version = "4.7.0";
    outputs = [ "out" "dev" ];
    nativeBuildInputs = [ cmake pkg-config unzip ];
    buildInputs = [ zlib protobuf eigen gtk3 ffmpeg libpng libjpeg libtiff libwebp openblas hdf5 python311Packages.numpy ];
  };
  suitesparse = define "suitesparse" { version = "5.13.0"; outputs = [ "out" "dev" ]; buildInputs = [ openblas gmp mpfr ]; };
  octave = define "octave" { version = "8.1.0"; nativeBuildInputs = [ pkg-config perl texinfo ]; buildInputs = [ readline ncurses pcre curl fftw openblas suitesparse hdf5 qtbase libGL fontconfig ghostscript ]; };
  arrow-cpp = define "arrow-cpp" {
    version = "11.0.0";
    nativeBuildInputs = [ cmake ninja ];
    buildInputs = [ boost openssl protobuf grpc re2 zlib bzip2 ];
    doInstallCheck = true;
    nativeInstallCheckInputs = [ perl which sqlite ];
    installCheckInputs = [ gtest ];
  };
}
