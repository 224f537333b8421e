runAutoreconf() { sourceText+="configure by autoreconf"$'\n'; }
preConfigureHooks+=(runAutoreconf)
