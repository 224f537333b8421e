{ packages, ... }: with packages; { }
