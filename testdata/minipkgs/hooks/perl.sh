addPerlLibPath() { addToSearchPath PERL5LIB "$1/lib/perl5"; }
addEnvHook addPerlLibPath
export PERL5LIB
