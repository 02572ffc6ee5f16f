from playbill.cli import main

main()
