Option Explicit
' Describes the functions to Excel's function wizard, as soon as a workbook is open: without one Excel refuses.

Private WithEvents omExcel As Application

Private Sub Workbook_Open()
    Set omExcel = Application
    OmDescribeOnce
End Sub

Private Sub omExcel_WorkbookActivate(ByVal Wb As Workbook)
    OmDescribeOnce
End Sub

Private Sub OmDescribeOnce()
    If ActiveWorkbook Is Nothing Then Exit Sub
    Set omExcel = Nothing
    Application.OnTime Now, "'" & Me.Name & "'!OptmarginDescribe"
End Sub
