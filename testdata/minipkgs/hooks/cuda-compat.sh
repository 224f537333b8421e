cudaFlags="--allow-unsupported-compiler"
